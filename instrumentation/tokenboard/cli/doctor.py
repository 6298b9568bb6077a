"""``tokenboard doctor``: from the app's import to the last dashboard query."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from tokenboard.cli import common

if TYPE_CHECKING:
    from tokenboard.doctor import Check


@click.command()
@click.option(
    "--app/--no-app",
    "with_app",
    default=True,
    help="Look at the app's side, in this environment, too.",
)
@common.reading
def doctor(reader: common.Reader, with_app: bool) -> None:
    """Check the installation, name the first broken link and its mend.

    Ends with status 1 when something is broken. In an app's environment without this command it is
    python -m tokenboard.doctor; inside its process, doctor.report(doctor.app()).
    """
    from tokenboard import doctor as checkup

    found = [*(_app() if with_app else []), *_books(reader)]
    broken = checkup.first_broken(found)
    if reader.as_json:
        document = {
            "broken": None if broken is None else broken.name,
            "checks": [asdict(check) for check in found],
        }
        common.print_json(document)
    else:
        click.echo(checkup.report(found))
    sys.exit(0 if broken is None else 1)


def _app() -> list[Check]:
    """Look in a process of its own: capture is never switched on in this one."""
    from tokenboard.doctor import Check

    done = subprocess.run(
        [sys.executable, "-m", "tokenboard.doctor", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        return [Check(**one) for one in json.loads(done.stdout)]
    except (ValueError, TypeError):
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        mend = "pip install --upgrade --force-reinstall tokenboard"
        return [Check("import", "broken", f"import tokenboard.auto fails: {last[:300]}", mend)]


def _mend(said: str) -> str:
    if "ACCESS_DENIED" in said:
        return "doctor needs the owner's rights: the user that migrates (docs/pipeline.md)"
    return ""  # other messages name the mend themselves


def _books(reader: common.Reader) -> list[Check]:
    from tokenboard.doctor import Check, books

    found: list[Check] = []
    try:
        with reader.books() as client:
            version = client.server_version
            found.append(Check("clickhouse", "ok", f"ClickHouse {version} answers"))
            found += books.checks(client, reader.since)
    except common.Trouble as trouble:
        name = "schema" if found else "clickhouse"
        found.append(Check(name, "broken", trouble.message, _mend(trouble.message)))
    return found
