"""What the commands that change the books share: where they are, files they take, plain errors."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokenboard.cli import common
from tokenboard.cli.common import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from clickhouse_connect.driver.client import Client

# Writes nothing, and tells whether it could.
_PROBE = "INSERT INTO settings (name, value) SELECT name, value FROM settings WHERE false"


@dataclass(frozen=True, slots=True)
class Place:
    """The books that a command is to change: a server by ``url``, or a data directory."""

    url: str | None
    data: Path | None
    database: str

    @contextlib.contextmanager
    def open(self) -> Generator[Client]:
        """Open the books for writing; of a data directory that a stack has open, through its port.

        Raises:
            Trouble: not reachable, only readable, or no tables of ours; the message names the mend.
        """
        from tokenboard import store

        url = self.url
        if url is None and (running := _running(self.data)):
            url = running
        try:
            with (
                common.writable(url, None if url else self.data, self.database) as client,
                common.plain_errors(),
            ):
                if url is None:
                    store.migrate(client, self.database)
                client.database = self.database
                if url is not None and url != self.url:
                    _probe(client, url)
                yield client
        except (store.StoreError, store.MigrationError, ValueError) as error:
            raise Trouble(str(error)) from error


def _running(data: Path | None) -> str | None:
    from tokenboard.local.engine import default_data_dir
    from tokenboard.local.lock import holder

    held = holder((data or default_data_dir()).expanduser())
    return held[1].get("clickhouse") if held else None


def _probe(client: Client, url: str) -> None:
    from clickhouse_connect.driver.exceptions import ClickHouseError

    try:
        client.command(_PROBE)
    except ClickHouseError as error:
        if "only reads" not in str(error):
            raise
        raise Trouble(
            f"the local stack runs and its port {url} only reads: stop it for this command, "
            "or start it as `tokenboard up --writable`"
        ) from error


def writing(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every command that changes the books; it gets them as one Place."""

    @functools.wraps(command)
    def wrapper(*, url: str | None, data: Path | None, database: str, **rest: Any) -> None:
        command(Place(url, data, database), **rest)

    options = [
        click.option(
            "--url",
            envvar="TOKENBOARD_URL",
            help="A ClickHouse server over HTTP, http://user:password@host:8123.",
        ),
        click.option(
            "--data",
            type=click.Path(path_type=Path, file_okay=False),
            help="A data directory instead.  "
            "[default: $TOKENBOARD_DATA or ~/.local/share/tokenboard]",
        ),
        click.option("--database", default=common.DATABASE, show_default=True),
    ]
    decorated: Callable[..., None] = wrapper
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def csv_file(command: Callable[..., None]) -> Callable[..., None]:
    """Add the argument FILE: a CSV file that has to exist."""
    kind = click.Path(path_type=Path, exists=True, dir_okay=False)
    return click.argument("file", type=kind)(command)


@contextlib.contextmanager
def sheet_errors(file: Path) -> Generator[None]:
    """Turn the faults of a file into what the command says, a line each."""
    from tokenboard.store.sheets import SheetError

    try:
        yield
    except SheetError as error:
        faults = "\n".join(f"  {line}" for line in str(error).splitlines())
        raise Trouble(f"{file}: nothing was taken over:\n{faults}") from error
