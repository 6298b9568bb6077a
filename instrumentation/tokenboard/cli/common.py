"""What the reading commands share: their options, where the books are, rows out as JSON."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import re
import secrets
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from clickhouse_connect.driver.client import Client

    _ParamType = click.ParamType[timedelta]
else:  # generic only in click's newest versions
    _ParamType = click.ParamType

Row = dict[str, Any]
"""A row as clickhouse-connect gives it: column -> value, ``None`` for unknown."""

LOCAL_URL: Final = "http://127.0.0.1:8123"
DATABASE: Final = "tokenboard"
FIRST_CALL_HINT: Final = (
    "No calls yet. In the app: import tokenboard.auto (with `tokenboard up` running here), "
    "or see it all work first: tokenboard demo"
)
# What ends a panel's rows: at the query's end, or before others are joined to them.
_CUT: Final = re.compile(r"\bLIMIT \d{2,}(?=\s*(?:\) AS listed\b|\Z))")
# What spares the reading of the places behind those.
_FIRST: Final = re.compile(r"\bplace <= \d{2,}")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST: Final = timedelta(days=3660)


class Trouble(click.ClickException):
    """What went wrong and the mend, in one line; the command ends with status 1."""


class Span(_ParamType):
    """A length of time such as ``90m``, ``12h``, ``30d`` or ``2w``."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the length; a clear refusal otherwise."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"\s*(\d{1,7})\s*([mhdw])\s*", str(value), re.ASCII)
        if match is None:
            self.fail(
                f"{str(value)[:40]!r} is no length of time: write a whole number and "
                "m, h, d or w, as in 90m, 12h, 30d, 2w",
                param,
                ctx,
            )
        length = timedelta(**{_UNITS[match[2]]: int(match[1])})
        if not timedelta(0) < length <= _LONGEST:
            self.fail(f"{value!r} is out of range: from 1m to 3660d", param, ctx)
        return length


@dataclass(frozen=True, slots=True)
class Reader:
    """What a person asked of a reading command: how far back, in which form, from where."""

    since: timedelta
    as_json: bool
    url: str | None
    data: Path | None

    @contextlib.contextmanager
    def books(self) -> Generator[Client]:
        """Open the books: a server by ``url``, the local stack that runs, or its data at rest.

        Raises:
            Trouble: nothing there, not reachable, not readable, or no database of ours in it.
        """
        url, data = self.url, self.data
        if url is not None and data is not None:
            # What is typed goes before what the environment says.
            if _from_environment("url"):
                url = None
            elif not _from_environment("data"):
                raise Trouble("--url and --data are two places: give one of them")
        with contextlib.ExitStack() as closing:
            client = _server(url) if url is not None else _local(data, closing)
            closing.callback(client.close)
            with plain_errors():
                yield client

    def wants_table(self, rows: Sequence[Row], nothing: str) -> bool:
        """Print rows as JSON where that was asked for, say ``nothing`` where there are none.

        Returns:
            Whether there is a table to show.
        """
        if self.as_json:
            print_json(rows)
        elif not rows:
            say(nothing)
        return bool(rows) and not self.as_json

    def rows(
        self, client: Client, name: str, variables: Mapping[str, str | Sequence[str]] | None = None
    ) -> list[Row]:
        """Run a query of ``dashboards/queries`` over the time asked for and return its rows.

        Raises:
            Trouble: ClickHouse refused.
        """
        return rows_of(client, name, since=self.since, variables=variables)


def reading(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every reading command; the command gets them as one :class:`Reader`."""

    @functools.wraps(command)
    def wrapper(
        *, since: timedelta, as_json: bool, url: str | None, data: Path | None, **rest: Any
    ) -> None:
        command(Reader(since, as_json, url, data), **rest)

    options = [
        click.option(
            "--since",
            type=Span(),
            default="30d",
            show_default=True,
            help="How far back to look: 90m, 12h, 30d, 2w.",
        ),
        click.option("--json", "as_json", is_flag=True, help="JSON instead of a table."),
        click.option(
            "--url",
            envvar="TOKENBOARD_URL",
            help=f"ClickHouse over HTTP, user:password@ included. [default: {LOCAL_URL}]",
        ),
        click.option(
            "--data",
            envvar="TOKENBOARD_DATA",
            type=click.Path(path_type=Path),
            help="The local stack's data directory, running or not.",
        ),
    ]
    decorated: Callable[..., None] = wrapper
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def _from_environment(parameter: str) -> bool:
    context = click.get_current_context(silent=True)
    source = context.get_parameter_source(parameter) if context else None
    return source is click.core.ParameterSource.ENVIRONMENT


@contextlib.contextmanager
def plain_errors() -> Generator[None]:
    """Turn what ClickHouse refuses into one line."""
    from clickhouse_connect.driver.exceptions import ClickHouseError

    try:
        yield
    except ClickHouseError as error:
        text = " ".join(str(error).split())
        if re.search(r"UNKNOWN_(DATABASE|TABLE)", text):
            raise Trouble(
                "there are no tables of tokenboard's there: run `tokenboard migrate` first "
                f"({text[:200]})"
            ) from error
        raise Trouble(f"ClickHouse: {text[:400]}") from error


def _server(url: str) -> Client:
    from tokenboard import store

    # What it logs on an error comes out as the one line below.
    logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())
    try:
        with plain_errors():
            return store.connect(url=url)
    except store.StoreError as error:
        raise Trouble(str(error)) from error
    except ValueError as error:
        raise Trouble(f"--url {url!r} is no address like {LOCAL_URL}: {error}") from error


def _local(data: Path | None, closing: contextlib.ExitStack) -> Client:
    from tokenboard import store
    from tokenboard.local.engine import Engine, default_data_dir
    from tokenboard.local.lock import DataDirError, holder

    directory = (data or default_data_dir()).expanduser()
    running = holder(directory)
    if running is not None:
        pid, addresses = running
        if "clickhouse" not in addresses:
            raise Trouble(
                f"{directory} is in use by process {pid}, which is starting or stopping: try again"
            )
        return _server(addresses["clickhouse"])
    if data is None and _listens():
        return _server(LOCAL_URL)
    if not (directory / "clickhouse").is_dir():
        where = "" if data else f"nothing runs at {LOCAL_URL}, and "
        raise Trouble(
            f"{where}{directory} holds no books: start the local stack with `tokenboard up`, "
            "or see it all work with `tokenboard demo`"
        )
    try:
        return closing.enter_context(Engine(directory)).client()
    except (DataDirError, store.MigrationError) as error:
        raise Trouble(str(error)) from error


@contextlib.contextmanager
def writable(url: str | None, data: Path | None, database: str = DATABASE) -> Generator[Client]:
    """Open the books for writing: a server by ``url``, else a data directory that nobody has open.

    Raises:
        Trouble: not reachable, not writable, or in use; the message names the mend.
    """
    from tokenboard import store
    from tokenboard.local.engine import default_data_dir
    from tokenboard.local.lock import DataDirError

    if url is not None and data is not None:
        raise Trouble("--url and --data are two places: give one of them")
    logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())
    try:
        client = (
            store.connect(url=url, database=database)
            if url is not None
            else store.connect(data=data or default_data_dir(), database=database)
        )
    except (store.StoreError, DataDirError) as error:
        raise Trouble(str(error)) from error
    with contextlib.closing(client):
        yield client


def _listens() -> bool:
    try:
        socket.create_connection(("127.0.0.1", 8123), timeout=1).close()
    except OSError:
        return False
    return True


def rows_of(
    client: Client,
    name: str,
    *,
    since: timedelta | None = None,
    variables: Mapping[str, str | Sequence[str]] | None = None,
) -> list[Row]:
    """Run a query of ``dashboards/queries`` and return its rows, more than a panel would show too.

    Raises:
        Trouble: ClickHouse refused.
    """
    from tokenboard import queries

    sql = queries.load(name).render(since=since, variables=variables)
    sql = _FIRST.sub("true", _CUT.sub("", sql))
    with plain_errors():
        return [dict(row) for row in cast("Any", client.query(sql).named_results())]


def run(client: Client, sql: str, **parameters: Any) -> list[Row]:
    """Run a query of a command's own and return its rows.

    Raises:
        Trouble: ClickHouse refused.
    """
    with plain_errors():
        found = cast("Any", client.query(sql, parameters=parameters or None))
        return [dict(row) for row in found.named_results()]


def why_nothing(client: Client) -> str:
    """Return what to say when there is nothing to show: no calls at all, or none in that time.

    Raises:
        Trouble: ClickHouse refused.
    """
    with plain_errors():
        (newest,) = client.query("SELECT max(ts) FROM calls HAVING count() > 0").result_rows or [()]
    if not newest:
        return FIRST_CALL_HINT
    return f"No calls in that time; the newest is of {newest[0]:%Y-%m-%d %H:%M} UTC (--since 90d)."


def say(text: str) -> None:
    """Tell the person something that is no result: on standard error."""
    click.echo(text, err=True)


def print_json(value: Any) -> None:
    """Write one JSON document, exactly: see :func:`json_text`."""
    sys.stdout.write(json_text(value) + "\n")


def json_text(value: Any) -> str:
    """Return JSON with every number exact.

    Integers and decimals (money) are JSON numbers with all their digits, unknown is ``null``,
    moments are ISO 8601 in UTC.
    """
    # The json module has no number for Decimal. A string nobody can guess marks what is one.
    mark = secrets.token_hex(8)

    def other(found: Any) -> str:
        if isinstance(found, Decimal):
            return f"{mark}{found:f}"
        if isinstance(found, datetime):
            moment = found if found.tzinfo else found.replace(tzinfo=UTC)
            return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return found.isoformat() if isinstance(found, date) else str(found)

    text = json.dumps(value, default=other, ensure_ascii=False, indent=2, allow_nan=False)
    return re.sub(rf'"{mark}(-?[0-9.]+)"', r"\1", text)
