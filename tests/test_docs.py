"""The README says what there is: a setting or command that nobody can find does not exist."""

from __future__ import annotations

import re
import subprocess
import sys

from conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_every_setting_stands_in_the_readme():
    """Each TOKENBOARD_* variable that the package reads is documented."""
    sources = (ROOT / "instrumentation").rglob("*.py")
    read = {
        name
        for source in sources
        for name in re.findall(r"TOKENBOARD_[A-Z]+(?:_[A-Z]+)*", source.read_text("utf-8"))
    }
    assert read, "no setting found: the search is wrong"
    assert {name for name in read if f"`{name}`" not in README} == set()


def test_every_command_stands_in_the_readme_or_the_changelog():
    """Each command of ``tokenboard --help`` is documented."""
    shown = subprocess.run(
        [sys.executable, "-c", "from tokenboard.cli import main; main()", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    commands = re.findall(r"^  ([a-z]+) ", shown.split("Commands:")[1], re.MULTILINE)
    documented = README + (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert len(commands) > 5
    assert [name for name in commands if not re.search(rf"\b{name}\b", documented)] == []


def test_the_public_names_are_the_documented_ones():
    """``import tokenboard`` offers what the README uses, each name at hand."""
    import tokenboard

    used = set(
        re.findall(r"tokenboard\.(user|session|agent|tool|task|guard|init|RunawayLoop)\b", README)
    )
    assert used == {"user", "session", "agent", "tool", "task", "guard", "init", "RunawayLoop"}
    assert used <= set(tokenboard.__all__)
    assert all(callable(getattr(tokenboard, name)) for name in tokenboard.__all__)


def test_what_is_required_stands_in_the_lock_files():
    """Each direct requirement of the project is locked, so that set-up takes tested versions."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["server"],
    ]
    wanted += [r for r in project["dependency-groups"]["test"] if isinstance(r, str)]
    names = {re.match(r"[A-Za-z0-9_.-]+", r)[0].lower() for r in wanted} - {"tokenboard"}
    locked = set(
        re.findall(
            r"^([a-z0-9_.-]+)==", (ROOT / "requirements/dev.txt").read_text("utf-8"), re.MULTILINE
        )
    )
    assert names - locked == set()


def test_no_lock_file_names_an_index():
    """Lock files hold versions and hashes only: whose index is used is the installer's affair."""
    for lock in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in lock.read_text("utf-8"), lock.name
