"""The one-process stack: OTLP receiver, embedded ClickHouse, its HTTP interface, the page."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import uvicorn

from tokenboard.local.engine import Engine, default_data_dir
from tokenboard.local.figures import Figures
from tokenboard.local.guard import LocalOnly
from tokenboard.local.http_interface import HttpInterface
from tokenboard.local.ingest import MAX_PENDING_BYTES, Ingest
from tokenboard.local.lock import DataDirInUseError, holder
from tokenboard.local.reading import Reading
from tokenboard.local.receiver import Receiver
from tokenboard.local.schedule import Scheduler
from tokenboard.local.web import application

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tokenboard.local.asgi import App

HOST = "127.0.0.1"
_STOP_S = 10

_log = logging.getLogger(__name__)

_SERVERS = {
    "otlp": ("the OTLP/HTTP receiver", "--otlp-port"),
    "clickhouse": ("ClickHouse's HTTP interface", "--clickhouse-port"),
    "web": ("the page", "--web-port"),
}


class PortError(Exception):
    """A port cannot be had; the message is one line and names port, purpose and option."""


class Stack:
    """Receiver, database and page in one process, on 127.0.0.1 only.

    Usable from any thread: ``with Stack(data_dir) as stack: print(stack.addresses)``. A port of 0
    takes any free one. Nothing is left running when :meth:`start` raises.

    Args:
        data_dir: where the data are kept; None for the default directory.
        read_only: whether the ClickHouse port refuses statements that change data.
        max_pending_bytes: how much may wait to be written; what is over gets 503 and Retry-After.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        otlp_port: int = 4318,
        clickhouse_port: int = 8123,
        web_port: int = 3000,
        *,
        read_only: bool = True,
        max_pending_bytes: int = MAX_PENDING_BYTES,
    ) -> None:
        self._data_dir = data_dir
        self._ports = {"otlp": otlp_port, "clickhouse": clickhouse_port, "web": web_port}
        self._read_only = read_only
        self._max_pending_bytes = max_pending_bytes
        self._closers: list[Callable[[], None]] = []
        self.addresses: dict[str, str] = {}
        self.engine: Engine | None = None
        self.ingest: Ingest | None = None

    def start(self) -> Stack:
        """Take the ports, open the data, serve.

        Raises:
            PortError: a port is taken.
            DataDirError: the data directory cannot be used; DataDirInUseError names who has it.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self) -> None:
        data_dir = (self._data_dir or default_data_dir()).expanduser().resolve()
        held = holder(data_dir)
        if held is not None and held[0] != os.getpid():
            # Said before the ports are tried: whoever has the data mostly has the ports, too.
            raise DataDirInUseError(data_dir, *held)
        sockets: dict[str, socket.socket] = {}
        for name, port in self._ports.items():
            sockets[name] = _listen(name, port)
            self._closers.append(sockets[name].close)
        engine = self.engine = Engine(data_dir)
        self._closers.append(engine.close)
        scheduler = Scheduler(engine)
        self._closers.append(scheduler.close)
        ingest = self.ingest = Ingest(
            engine,
            on_written=lambda _: scheduler.notify(),
            max_pending_bytes=self._max_pending_bytes,
        )
        figures = Figures(engine, ingest)
        # closed in the opposite order: the last figures tell of the last writes
        self._closers += [figures.close, ingest.close]
        reading = Reading(engine)
        interface = HttpInterface(reading, read_only=self._read_only, on_written=scheduler.notify)
        self._closers.append(interface.close)
        scheduler.notify()

        def status() -> dict[str, Any]:
            return {
                "addresses": self.addresses,
                "data": str(engine.data_dir),
                "ingest": asdict(ingest.counts),
                "waiting_bytes": ingest.waiting_bytes,
                "books": asdict(scheduler.health),
            }

        apps: dict[str, App] = {
            "otlp": LocalOnly(Receiver(ingest)),
            "clickhouse": LocalOnly(interface),
            "web": LocalOnly(application(reading, status), links=True),
        }
        servers = _Servers({name: (apps[name], sockets[name]) for name in apps})
        self._closers.append(servers.stop)
        # First of all: a stop waits for no reader's long query, only for what is to be written.
        self._closers.append(reading.close)
        servers.start()
        self.addresses.update(
            {name: f"http://{HOST}:{one.getsockname()[1]}" for name, one in sockets.items()}
        )
        engine.announce(self.addresses)

    def stop(self) -> None:
        """Answer what was asked, write what was taken, close the data. Idempotent."""
        while self._closers:
            close = self._closers.pop()
            try:
                close()
            except Exception:
                _log.exception("stopping did not go cleanly")

    def __enter__(self) -> Stack:  # noqa: PYI034 - not made to be subclassed
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _listen(name: str, port: int) -> socket.socket:
    purpose, option = _SERVERS[name]
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((HOST, port))
        one.listen(1024)
    except (OSError, OverflowError) as error:
        one.close()
        reason = (
            "is taken by another program"
            if getattr(error, "errno", 0) == errno.EADDRINUSE
            else str(error)
        )
        raise PortError(
            f"port {port} for {purpose} {reason}: choose another with {option} N (0 = any free)"
        ) from error
    return one


class _Servers:
    """uvicorn servers on one event loop in a thread."""

    def __init__(self, served: dict[str, tuple[App, socket.socket]]) -> None:
        self._servers = [
            (
                uvicorn.Server(
                    uvicorn.Config(
                        app,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - the same protocol, other names
                        lifespan="off",
                        log_config=None,
                        access_log=False,
                        server_header=False,
                        timeout_keep_alive=75,
                        timeout_graceful_shutdown=_STOP_S,
                    )
                ),
                one,
            )
            for app, one in served.values()
        ]
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="tokenboard-http", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        for server, _ in self._servers:
            server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        running = [
            asyncio.create_task(server.serve(sockets=[one])) for server, one in self._servers
        ]
        while not all(server.started for server, _ in self._servers):
            if any(task.done() for task in running):
                break
            await asyncio.sleep(0.005)
        self._ready.set()
        await asyncio.gather(*running)
