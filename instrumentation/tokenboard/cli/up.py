"""``tokenboard up``: the stack on this machine until Ctrl-C."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path

import click


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the data are kept.  [default: $TOKENBOARD_DATA or ~/.local/share/tokenboard]",
)
@click.option("--otlp-port", type=click.IntRange(0, 65535), default=4318, show_default=True)
@click.option("--clickhouse-port", type=click.IntRange(0, 65535), default=8123, show_default=True)
@click.option("--web-port", type=click.IntRange(0, 65535), default=3000, show_default=True)
@click.option(
    "--writable", is_flag=True, help="Let the ClickHouse port change data (default: read only)."
)
def up(
    data: Path | None, otlp_port: int, clickhouse_port: int, web_port: int, writable: bool
) -> None:
    """Receive telemetry, keep the books, show the page, on this machine only.

    A port of 0 takes any free one. Ctrl-C writes what was received and stops.
    """
    from tokenboard.local.lock import DataDirError
    from tokenboard.local.stack import PortError, Stack

    logging.basicConfig(format="tokenboard: %(levelname)s: %(message)s", level=logging.WARNING)
    stop = threading.Event()

    def ask_to_stop(number: int, frame: object) -> None:
        del frame
        stop.set()
        # The second one means it.
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_stop)
    stack = Stack(data, otlp_port, clickhouse_port, web_port, read_only=not writable)
    try:
        stack.start()
    except (DataDirError, PortError) as error:
        click.echo(f"tokenboard up: {error}", err=True)
        sys.exit(1)
    try:
        _show(stack.addresses, stack.engine.data_dir if stack.engine else None)
        while not stop.wait(3600):
            pass
        click.echo("stopping: writing what was received …", err=True)
    finally:
        stack.stop()


def _show(addresses: dict[str, str], data: Path | None) -> None:
    click.echo(f"page        {addresses['web']}")
    click.echo(f"OTLP/HTTP   {addresses['otlp']}")
    click.echo(f"ClickHouse  {addresses['clickhouse']}")
    click.echo(f"data        {data}")
    click.echo("Ctrl-C stops.")
