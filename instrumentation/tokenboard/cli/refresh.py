"""``tokenboard refresh``: keep a ClickHouse server's books, as the local stack keeps its own."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokenboard.cli import common
from tokenboard.cli.common import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from clickhouse_connect.driver.client import Client

_EVERY_S = 2.0
_PRICES_EVERY_S = 60.0
# Recomputing takes at most this share of the time, so that a busy hour does not starve the inserts.
_SHARE = 0.5
_LONGEST_WAIT_S = 60.0


@click.command()
@click.option(
    "--url",
    envvar="TOKENBOARD_URL",
    required=True,
    help="A ClickHouse server over HTTP, http://user:password@host:8123; its user must own the "
    "database.",
)
@click.option("--database", default="tokenboard", show_default=True)
@click.option("--watch", is_flag=True, help="Make the tables, then go on until stopped.")
@click.option(
    "--heartbeat",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Touch this file after every round that went well: for health checks.",
)
def refresh(url: str, database: str, watch: bool, heartbeat: Path | None) -> None:
    """Recompute what changed in a server's books and price new models.

    One such process has to run beside a ClickHouse server; several do no harm, nor does stopping it
    at any moment. The local stack does this by itself.
    """
    if not watch:
        with common.writable(url, None, database) as client, common.plain_errors():
            written = Bookkeeper(client, database).round()
        click.echo(f"{database}: {written} units recomputed")
        return
    stop = threading.Event()

    def end(*_: object) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    _watch(url, database, stop, heartbeat)


class Bookkeeper:
    """Rounds of work on one server; new models are priced only now and then.

    Args:
        client: may write and make temporary tables.
        database: the books.
    """

    def __init__(self, client: Client, database: str) -> None:
        self._client = client
        self._database = database
        self._prices_due = 0.0

    def round(self, *, patient: bool = False) -> int:
        """Do what is due and return how many units were recomputed.

        Args:
            patient: there will be another round: standings that take long may wait for it.
        """
        from tokenboard import store
        from tokenboard.store import prices

        written = store.refresh(self._client, self._database, patient=patient)
        if time.monotonic() >= self._prices_due:
            prices.sync(self._client, self._database)
            self._prices_due = time.monotonic() + _PRICES_EVERY_S
            written += store.refresh(self._client, self._database, patient=patient)
        return written


def _watch(url: str, database: str, stop: threading.Event, heartbeat: Path | None) -> None:
    failures = 0
    said = ""
    with ExitStack() as held:
        work: Callable[[], int] | None = None
        while not stop.is_set():
            began = time.monotonic()
            try:
                if work is None:
                    work = _opened(url, database, held)
                work()
            except Exception as error:
                # A server that is down for a while is no reason to end: connect anew.
                held.close()
                work = None
                failures += 1
                text = error.message if isinstance(error, Trouble) else " ".join(str(error).split())
                if text != said:
                    common.say(f"tokenboard refresh: {text[:400]}; trying again")
                said = text
                stop.wait(min(_EVERY_S * 2 ** min(failures, 5), _LONGEST_WAIT_S))
                continue
            if said:
                common.say("tokenboard refresh: going on")
            failures, said = 0, ""
            if heartbeat is not None:
                heartbeat.touch()
            took = time.monotonic() - began
            stop.wait(max(_EVERY_S, took / _SHARE) - took)


def _opened(url: str, database: str, held: ExitStack) -> Callable[[], int]:
    from tokenboard import store

    client = held.enter_context(common.writable(url, None, database))
    for name in store.migrate(client, database):
        common.say(f"applied {name}")
    client.database = database
    return partial(Bookkeeper(client, database).round, patient=True)
