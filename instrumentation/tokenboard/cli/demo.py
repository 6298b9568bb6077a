"""``tokenboard demo``: a small company burns tokens on this machine, and everything shows."""

from __future__ import annotations

import contextlib
import signal
import socket
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tokenboard.cli import board, common, sessions, show
from tokenboard.demo import plans, run

if TYPE_CHECKING:
    from collections.abc import Generator

    from clickhouse_connect.driver.client import Client

    from tokenboard.local.stack import Stack

USUAL_PORTS: Final = {"otlp": 4318, "clickhouse": 8123, "web": 3000}
SEED: Final = 7
WEEKS: Final = 4
"""How much of a made-up past is served with the demo."""
_WINDOW: Final = timedelta(days=30)
_PORT = click.IntRange(0, 65535)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo has to show at its end."""

    leaderboard: list[common.Row]
    loops: list[common.Row]
    steps: list[common.Row]
    told: str


@click.command()
@click.option("--once", is_flag=True, help="End after showing everything. Takes free ports.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the data here. [default: a temporary directory, removed at the end]",
)
@click.option(
    "--weeks",
    type=click.IntRange(0, 12),
    help="Weeks of a made-up past before today's real calls, for dashboards with a history. "
    f"[default: {WEEKS}, with --once 0]",
)
@click.option("--otlp-port", type=_PORT, help="[default: 4318, or any free one]")
@click.option("--clickhouse-port", type=_PORT, help="[default: 8123, or any free one]")
@click.option("--web-port", type=_PORT, help="[default: 3000, or any free one]")
def demo(
    once: bool, as_json: bool, data: Path | None, weeks: int | None, **ports: int | None
) -> None:
    """See it all work: a dozen people, three agents and one loop, with real SDKs, on this machine.

    Starts the local stack and a pretend model provider, lets a small company work against it for
    some seconds, then shows the leaderboard, one agent's session, the agent that is stuck and
    where to look further. Nothing leaves this machine, nothing costs money.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    began = time.monotonic()
    with contextlib.ExitStack() as closing:
        try:
            run.check_sdks()
            stack = closing.enter_context(_stack(data, _ports(ports, once=once)))
            client = closing.enter_context(_reader(stack.addresses["clickhouse"]))
            with _writer(stack) as writer:
                plans.write(writer)
            if weeks := (0 if once else WEEKS) if weeks is None else weeks:
                _invent(stack, weeks)
            shown = _work(stack, client)
        except run.DemoError as error:
            raise common.Trouble(str(error)) from error
        except KeyboardInterrupt:
            raise common.Trouble("interrupted before there was anything to show") from None
        seconds = round(time.monotonic() - began, 1)
        if as_json:
            common.print_json(
                {
                    "leaderboard": shown.leaderboard,
                    "loops": shown.loops,
                    "addresses": stack.addresses,
                    "seconds": seconds,
                }
            )
        else:
            _print(shown, {} if once else stack.addresses)
            show.console().print(f"{seconds} s", style="dim")
        if not once:
            common.say("Serving until Ctrl-C.")
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()
            common.say("stopping")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _ports(asked: dict[str, int | None], *, once: bool) -> dict[str, int]:
    """Return a port each: as asked, else the usual one if it is free, else any."""
    chosen: dict[str, int] = {}
    for name, usual in USUAL_PORTS.items():
        wanted = asked[f"{name}_port"]
        if wanted is None:
            wanted = 0 if once or not _free(usual) else usual
            if not once and wanted != usual:
                common.say(f"port {usual} is taken: taking another one for {name}")
        chosen[f"{name}_port"] = wanted
    return chosen


def _free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def _stack(data: Path | None, ports: dict[str, int]) -> Generator[Stack]:
    from tokenboard.local.lock import DataDirError
    from tokenboard.local.stack import PortError, Stack

    with contextlib.ExitStack() as closing:
        if data is None:
            data = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="tokenboard-")))
        try:
            stack = closing.enter_context(Stack(data, *ports.values()))
        except (DataDirError, PortError) as error:
            raise run.DemoError(str(error)) from error
        yield stack


@contextlib.contextmanager
def _reader(url: str) -> Generator[Client]:
    with common.Reader(_WINDOW, as_json=False, url=url, data=None).books() as client:
        yield client


@contextlib.contextmanager
def _writer(stack: Stack) -> Generator[Client]:
    if stack.engine is None:
        raise run.DemoError("the local stack has stopped: run tokenboard demo again")
    with contextlib.closing(stack.engine.client()) as client:
        yield client


def _invent(stack: Stack, weeks: int) -> None:
    """Put a past on the books, and say that it is none."""
    from tokenboard.demo import past

    today = datetime.now(UTC).date()
    try:
        count = past.post(stack.addresses["otlp"], SEED, 7 * weeks, today)
    except (past.RefusedError, OSError) as error:
        raise run.DemoError(f"the demo's past did not get on the books: {error}") from error
    _settle(stack)
    common.say(
        f"the {7 * weeks} days before today are made up ({count:,} spans), "
        "today's calls are made now"
    )


def _work(stack: Stack, client: Client) -> Shown:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[calls]:,} calls"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=show.console(stderr=True)) as bar:
        task = bar.add_task("a small company at work", calls=0, total=None)

        def progress(done: int, of: int, calls: int) -> None:
            bar.update(task, completed=done, total=of, calls=calls)

        outcome = run.company_at_work(
            stack.addresses["otlp"], client, progress, settle=lambda: _settle(stack), seed=SEED
        )
    return Shown(
        leaderboard=board.board_rows(client, _WINDOW),
        loops=sessions.loop_rows(client, _WINDOW),
        steps=sessions.step_rows(client, outcome.session),
        told=outcome.session,
    )


def _settle(stack: Stack) -> None:
    from tokenboard import store
    from tokenboard.store import prices

    with _writer(stack) as client:
        prices.sync(client)
        store.refresh(client)


def _print(shown: Shown, addresses: dict[str, str]) -> None:
    console = show.console()
    wide = console.width >= show.WIDE
    console.print(board.board_table(shown.leaderboard, wide=wide))
    console.print()
    console.print(sessions.timeline(shown.steps, title=f"Session {shown.told}"))
    console.print()
    console.print(sessions.loop_table(shown.loops, wide=wide))
    for row in shown.loops[:1]:
        console.print(sessions.loop_sentence(row))
    console.print()
    for name, purpose in (
        ("web", "dashboards"),
        ("clickhouse", "ClickHouse, also for tokenboard … --url"),
        ("otlp", "OTLP/HTTP, for an app of yours: OTEL_EXPORTER_OTLP_ENDPOINT"),
    ):
        if name in addresses:
            console.print(f"{addresses[name]:<24} {purpose}", markup=False)
    if not addresses:
        # An address that nobody serves any more would only be followed in vain.
        console.print("The dashboards are served as long as it runs: leave out --once.")
