"""Books in which nothing stands yet."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from commandline import environment, tokenboard


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A home whose local stack has run and received nothing."""
    home = tmp_path_factory.mktemp("home")
    make = "from tokenboard.local.engine import Engine; Engine().close()"
    subprocess.run([sys.executable, "-c", make], check=True, env=environment(home), timeout=120)
    return home


@pytest.mark.parametrize("command", ["leaderboard", "sessions", "loops"])
def test_how_to_send_the_first_call(command, empty):
    """Empty books are no error: the hint says which line brings the first call."""
    done = tokenboard(command, home=empty, TOKENBOARD_DATA=str(empty / ".local/share/tokenboard"))
    assert done.returncode == 0
    assert done.stdout == ""
    assert "import tokenboard.auto" in done.stderr
    assert "tokenboard demo" in done.stderr


@pytest.mark.parametrize("command", ["leaderboard", "sessions", "loops"])
def test_json_is_an_empty_list(command, empty):
    """For programs empty books are an empty list, and the hint stays off standard output."""
    data = empty / ".local/share/tokenboard"
    done = tokenboard(command, "--json", "--data", data, home=empty)
    assert done.returncode == 0
    assert json.loads(done.stdout) == []


def test_no_session_in_empty_books(empty):
    """A session cannot be found in empty books, and that is said."""
    data = empty / ".local/share/tokenboard"
    done = tokenboard("session", "abc", "--data", data, home=empty)
    assert done.returncode == 1
    assert "'abc'" in done.stderr


def test_a_name_that_tries_to_be_sql(empty):
    """Whatever is typed as a name is only ever a name."""
    data = empty / ".local/share/tokenboard"
    for name in ("' OR 1=1 --", "\\"):
        for command in (["sessions", "--user", name], ["leaderboard", "--team", name]):
            done = tokenboard(*command, "--json", "--data", data, home=empty)
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout) == []
