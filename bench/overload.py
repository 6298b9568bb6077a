"""A minute of ten times too much: what is refused, how large things grow, how an app fares.

First the one-process stack, given a tenth of its time (it is stopped for nine tenths, as a machine
that is too small would be), then the real collector before a stack that is given a thirtieth: what
senders on the same two cores can offer to a collector is a good deal less.
Senders send at their pace whatever they are answered. Beside them runs an app with the real openai
SDK, and one with tokenboard switched off to compare it with. Run: python -m bench overload
[--seconds N]
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.processes import Collector, Up, memory
from bench.stack import BATCH, body, post, renewed

if TYPE_CHECKING:
    from collections.abc import Iterator

SENDERS = 64
OFFERED = 5_000  # calls a second that they send: about what the whole machine would take
TIMEOUT_S = 10  # of an exporter, by its default
RATE = 20  # calls a second of the app
SHARE, COLLECTOR_SHARE = 0.1, 0.03
PERIOD_S = 0.3
QUEUE = 8 * 2**20  # bytes that the collector may keep of each signal: full within the minute


class App:
    """bench/overload_app.py, with tokenboard or without."""

    def __init__(self, name: str, otlp: str, **environment: str) -> None:
        self.name = name
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "TOKENBOARD_"))}
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("overload_app.py")],
            env={
                **kept,
                "OTEL_SERVICE_NAME": name,
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{otlp}",
                "OTEL_BSP_MAX_QUEUE_SIZE": "256",  # so that a minute is more than it holds
                **environment,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def begin(self, count: int) -> None:
        self.process.stdin.write(f"{count} {RATE}\n")
        self.process.stdin.flush()

    def told(self) -> dict[str, float]:
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        self.process.communicate()


@contextlib.contextmanager
def slowed(pid: int, share: float) -> Iterator[None]:
    """Let a process run for a share of the time."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(share * PERIOD_S):
            os.kill(pid, signal.SIGSTOP)
            over.wait((1 - share) * PERIOD_S)
            os.kill(pid, signal.SIGCONT)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def flood(otlp: str, pids: dict[str, int], seconds: float) -> tuple[int, int, dict[str, int]]:
    """Send as much as possible: (posts taken, posts refused, highest memory in MiB by process)."""
    taken, refused, late = [], [], []
    end = time.monotonic() + seconds

    whole = body(BATCH)

    def send(number: int) -> None:
        period = SENDERS * BATCH / OFFERED
        due = time.monotonic() + period * number / SENDERS
        with contextlib.closing(http.client.HTTPConnection(otlp, timeout=TIMEOUT_S)) as wire:
            while due < end:
                time.sleep(max(0, due - time.monotonic()))
                due += period
                try:
                    status = post(wire, renewed(whole))
                except TimeoutError:
                    late.append(1)
                    wire.close()
                    continue
                (taken if status == 200 else refused).append(status)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(SENDERS)]
    for thread in threads:
        thread.start()
    highest = dict.fromkeys(pids, 0)
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.5)
        highest = {name: max(highest[name], memory(pid)) for name, pid in pids.items()}
    if set(refused) - {429, 503}:
        raise RuntimeError(f"answers that no sender understands: {set(refused)}")
    print(f"{len(late):8,} posts of {BATCH} calls were answered too late or never")
    return len(taken), len(refused), highest


def suite(up: Up, collector: Collector | None, seconds: float) -> None:
    """One road: with the collector, or the stack's own receiver."""
    otlp = (collector or up).otlp
    apps = [App("with tokenboard", otlp), App("without", otlp, TOKENBOARD_DISABLED="true")]
    pids = {"stack": up.process.pid, **{app.name: app.process.pid for app in apps}}
    if collector:
        pids["collector"] = collector.process.pid
    for app in apps:
        app.begin(RATE)  # warm
    for app in apps:
        app.told()
    before = {name: memory(pid) for name, pid in pids.items()}
    count = int(RATE * seconds)
    with slowed(up.process.pid, COLLECTOR_SHARE if collector else SHARE):
        for app in apps:
            app.begin(count)
        taken, refused, highest = flood(otlp, pids, seconds)
        told = [app.told() for app in apps]
    offered = (taken + refused) / max(1, taken)
    print(
        f"{taken * BATCH / seconds:8,.0f} calls/s taken, {refused * BATCH / seconds:,.0f} refused: "
        f"{offered:.0f} times too much for {seconds:.0f} s"
    )
    grown = ", ".join(f"{name} {before[name]} to {highest[name]}" for name in pids)
    print(f"         memory in MiB: {grown}")
    for app, one in zip(apps, told, strict=True):
        print(
            f"{one['p50_ms']:8.1f} ms median, {one['p99_ms']:.1f} ms p99 of {one['made']} calls of "
            f"the app {app.name}; {one['wrong']} wrong answers or exceptions"
        )
    _settle(up, otlp, taken * BATCH)
    for app in apps:
        app.end()
    made, service = RATE + count, apps[0].name
    end = time.monotonic() + 60
    kept = lost = 0
    while kept + lost < made and time.monotonic() < end:
        time.sleep(0.5)
        kept = up.number(f"SELECT count() FROM calls WHERE service = '{service}'")
        lost = up.number(
            f"SELECT sum(failed) FROM pipeline_minutes WHERE component = '{service}' FORMAT TSV"
        )
    print(f"         of the app's {made} calls {kept} are on the books, {lost} counted as lost")


def _settle(up: Up, otlp: str, acknowledged: int) -> None:
    """Wait until all that was acknowledged is on the books and the road is free again."""
    end, stored = time.monotonic() + 300, 0
    while stored < acknowledged and time.monotonic() < end:
        time.sleep(1)
        stored = up.number("SELECT count() FROM calls WHERE service = 'app'")
    print(f"{acknowledged:8,} calls acknowledged, {stored:,} on the books")
    with contextlib.closing(http.client.HTTPConnection(otlp)) as wire:
        while post(wire, b"") != 200:
            time.sleep(0.5)


def main(arguments: list[str]) -> None:
    """Run both and print the figures."""
    parser = argparse.ArgumentParser(prog="bench overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", choices=("stack", "collector"))
    options = parser.parse_args(arguments)
    if options.only != "collector":
        print("the one-process stack, a tenth of the time")
        with tempfile.TemporaryDirectory() as folder:
            up = Up(Path(folder))
            try:
                suite(up, None, options.seconds)
            finally:
                up.stop()
    if options.only == "stack":
        return
    with tempfile.TemporaryDirectory() as folder:
        up = Up(Path(folder), "--writable")
        collector = Collector(Path(folder), up.clickhouse, QUEUE_BYTES=str(QUEUE))
        try:
            if collector.available:
                print("the real collector, its store a thirtieth of the time")
                suite(up, collector, options.seconds)
            else:
                print("the collector is not built (make collector): it is not measured")
        finally:
            collector.stop()
            up.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
