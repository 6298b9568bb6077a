"""The one-process stack: calls a second from OTLP to ``calls``, memory, delay until the board.

Then the same through the real collector, where it is built. Sender, collector and stack share this
machine. Run: python -m bench stack [--seconds N] [--connections N] [--roads direct collector], or
python -m bench stack --soak SECONDS [--rate N] for delay and memory by the minute of a steady load.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import statistics
import struct
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue

from bench.processes import Collector, Up

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 512  # what the SDK's batch processor sends at most
USERS = 1000
RATE = 500  # calls a second while the delay is measured
SENDERS = 10
# What each post has of its own, as it stands in the bytes of the one that all are made from.
_SEED = b"\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8"
_START, _END = (struct.pack("<Q", one) for one in (0x1122334455667788, 0x1122334455667799))


def attributes(**given) -> list[KeyValue]:
    """OTLP attributes; a list is one of strings."""
    made = []
    for name, value in given.items():
        if isinstance(value, bool):
            any_value = AnyValue(bool_value=value)
        elif isinstance(value, int):
            any_value = AnyValue(int_value=value)
        elif isinstance(value, float):
            any_value = AnyValue(double_value=value)
        elif isinstance(value, list):
            texts = [AnyValue(string_value=one) for one in value]
            any_value = AnyValue(array_value=ArrayValue(values=texts))
        else:
            any_value = AnyValue(string_value=value)
        made.append(KeyValue(key=name.replace("__", "."), value=any_value))
    return made


def batch(size: int, first: int = 0) -> ExportTraceServiceRequest:
    """A post of LLM calls as tokenboard's own instrumentation sends them (docs/telemetry.md).

    Each is of a person and a session of its own, numbered from ``first``.
    """
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.extend(
        attributes(
            service__name="app", service__namespace="bench", telemetry__sdk__language="python"
        )
    )
    scope = resource.scope_spans.add()
    scope.scope.name, scope.scope.version = "tokenboard", "0.1.0"
    for n in range(first, first + size):
        span = scope.spans.add(name="chat gpt-5", kind=3)
        span.attributes.extend(
            attributes(
                gen_ai__operation__name="chat",
                gen_ai__provider__name="openai",
                gen_ai__request__model="gpt-5",
                gen_ai__response__model="gpt-5-2025-08-07",
                gen_ai__request__stream=True,
                gen_ai__response__finish_reasons=["stop"],
                gen_ai__response__time_to_first_chunk=0.31,
                gen_ai__usage__input_tokens=1000 + n,
                gen_ai__usage__output_tokens=200,
                gen_ai__usage__cache_read__input_tokens=500,
                server__address="api.openai.com",
                server__port=443,
                http__response__status_code=200,
                session__id=f"session-{n}",
                user__id=f"user-{n % USERS}",
                tokenboard__user__source="context",
                tokenboard__team=f"team-{n % 20}",
                gen_ai__agent__name="coder",
                tokenboard__agent__depth=1,
                tokenboard__conversation=os.urandom(8).hex(),
                tokenboard__trigger="user",
                # one call in ten asks what was asked before
                tokenboard__prompt__hash=f"{n}" if n % 10 == 0 else f"{_SEED.hex()}{n}",
                tokenboard__request__messages=7,
                tokenboard__request__bytes=20_000,
                tokenboard__attempt=1,
            )
        )
        span.attributes.add(key="gen_ai.response.id")
    return request


def body(size: int, first: int = 0) -> bytes:
    """Serialize a post of :func:`batch` for :func:`renewed`: sending it costs next to nothing."""
    request = batch(size, first)
    for n, span in enumerate(request.resource_spans[0].scope_spans[0].spans):
        own = n.to_bytes(8, "big")
        span.trace_id = _SEED + own
        span.span_id = own
        (span.start_time_unix_nano,) = struct.unpack("<Q", _START)
        (span.end_time_unix_nano,) = struct.unpack("<Q", _END)
        span.attributes[-1].value.string_value = f"chatcmpl-{_SEED.hex()}{n}"
    return request.SerializeToString()


def renewed(whole: bytes) -> bytes:
    """Return the same post with ids and times of its own: every call is a new one."""
    now, seed = time.time_ns(), os.urandom(8)
    return (
        whole.replace(_SEED, seed)
        .replace(_SEED.hex().encode(), seed.hex().encode())
        .replace(_START, struct.pack("<Q", now - 10**9))
        .replace(_END, struct.pack("<Q", now))
    )


def post(wire: http.client.HTTPConnection, body: bytes) -> int:
    """Send one post and return its status."""
    wire.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
    answer = wire.getresponse()
    answer.read()
    return answer.status


def flood(up: Up, seconds: float, connections: int, through: Collector | None = None) -> None:
    """As many calls as the stack takes, or a collector before it."""
    door = through or up
    taken, refused = [], []
    memory = {"VmRSS": [door.memory()], "RssAnon": [door.memory("RssAnon")]}
    before = up.number("SELECT count() FROM calls")
    end = time.monotonic() + seconds

    whole = body(BATCH)

    def send() -> None:
        with contextlib.closing(http.client.HTTPConnection(door.otlp)) as wire:
            while time.monotonic() < end:
                status = post(wire, renewed(whole))
                (taken if status == 200 else refused).append(status)
                if status != 200:
                    time.sleep(1)

    threads = [threading.Thread(target=send) for _ in range(connections)]
    started, used = time.monotonic(), door.cpu()
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        for kind, values in memory.items():
            values.append(door.memory(kind))
    took = time.monotonic() - started
    calls = len(taken) * BATCH
    cost = (door.cpu() - used) / calls * 1e6
    print(
        f"{calls / took:8,.0f} calls/s acknowledged for {took:.0f} s, {len(refused)} posts refused"
    )
    whose = "the collector's CPU a call" if through else "the stack's CPU a call, books included"
    print(f"{cost:8.0f} µs of {whose}")
    for kind, values in memory.items():
        third = max(1, len(values) // 3)
        shown = ", ".join(
            f"{statistics.mean(values[n : n + third]):.0f}" for n in range(0, 3 * third, third)
        )
        print(f"         {kind} by thirds of the run: {shown} MiB, the most {max(values)} MiB")
    waited = time.monotonic()
    seen = 0
    while seen < calls and time.monotonic() < waited + 300:
        time.sleep(0.2)
        seen = up.number("SELECT count() FROM calls") - before
    print(f"{time.monotonic() - waited:8.1f} s until calls showed all {calls:,} ({seen:,} seen)")


def _wait(done: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.2)


def delay(up: Up, rate: int, seconds: float) -> None:
    """How long after its end a call is on the board, under a steady load.

    Ten senders post once a second each, as an application's exporters do; calls are on the board in
    the order of their acknowledgement. A load of more than a minute is told by minutes, too.
    """
    board = "SELECT sum(calls) FROM leaderboard"
    # Calls that are on their way to the board would pass for those that are sent from now on.
    _wait(lambda: up.number(board) == up.number("SELECT count() FROM calls"), 300)
    total = up.number(board)
    posted: list[tuple[float, int]] = []
    lock, shown_after = threading.Lock(), []
    started = time.monotonic()
    sent = 0

    def send(number: int) -> None:
        nonlocal total, sent
        size = rate // SENDERS
        whole, turn = body(size, number * size), started + number / SENDERS
        with contextlib.closing(http.client.HTTPConnection(up.otlp)) as wire:
            while turn < started + seconds:
                time.sleep(max(0, turn - time.monotonic()))
                ended = time.monotonic()
                if post(wire, renewed(whole)) == 200:
                    with lock:
                        sent += size
                        total += size
                        posted.append((ended, total))
                turn += 1

    threads = [threading.Thread(target=send, args=(n,)) for n in range(SENDERS)]
    for thread in threads:
        thread.start()
    used = up.cpu()
    minutes = [up.memory("RssAnon")]
    while any(thread.is_alive() for thread in threads) or (
        posted and time.monotonic() < started + seconds + 60
    ):
        shown, now = up.number(board), time.monotonic()
        with lock:
            while posted and posted[0][1] <= shown:
                ended = posted.pop(0)[0]
                shown_after.append((ended - started, now - ended))
        if now - started >= 60 * len(minutes):
            minutes.append(up.memory("RssAnon"))
        time.sleep(0.5)  # a page that is looked at asks less often still
    for minute, memory in enumerate(minutes[1:]):
        waited = [took for at, took in shown_after if minute * 60 <= at < minute * 60 + 60]
        print(f"         minute {minute + 1:2}: {_spread(waited)}; {memory} MiB RssAnon at its end")
    print(
        f"{_spread([took for _, took in shown_after])} from a call's end to the leaderboard at "
        f"{sent / seconds:.0f} calls/s for {seconds:.0f} s ({len(posted)} posts never; "
        f"{(up.cpu() - used) / seconds:.2f} cores)"
    )


def _spread(seconds: list[float]) -> str:
    p90 = statistics.quantiles(seconds, n=10)[8]
    return f"{statistics.median(seconds):8.1f} s (p90 {p90:.1f} s, longest {max(seconds):.1f} s)"


def main(arguments: list[str]) -> None:
    """Run what is asked for and print the figures."""
    parser = argparse.ArgumentParser(prog="bench stack", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--connections", type=int, default=32)
    roads = ("direct", "collector")
    parser.add_argument("--soak", type=float, help="only a steady load, for so many seconds")
    parser.add_argument("--rate", type=int, default=RATE, help="calls a second of --soak")
    parser.add_argument("--roads", nargs="+", choices=roads, default=roads)
    options = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    print(
        f"one-process stack, {os.cpu_count()} cores shared with the sender, load before {load:.1f}"
    )
    if options.soak:
        with tempfile.TemporaryDirectory() as folder:
            up = Up(Path(folder))
            try:
                delay(up, options.rate, options.soak)
            finally:
                up.stop()
        return
    if "direct" in options.roads:
        with tempfile.TemporaryDirectory() as folder:
            up = Up(Path(folder))
            try:
                delay(up, RATE, min(options.seconds, 15))
                flood(up, options.seconds, options.connections)
                print("with all those calls in the same ten minutes:")
                delay(up, RATE, min(options.seconds, 30))
            finally:
                up.stop()
    if "collector" in options.roads:
        with tempfile.TemporaryDirectory() as folder:
            up = Up(Path(folder), "--writable")
            collector = Collector(Path(folder), up.clickhouse)
            try:
                if collector.available:
                    print("through the real collector, the stack as its store")
                    flood(up, options.seconds, options.connections, collector)
                else:
                    print("the collector is not built (make collector): its path is not measured")
            finally:
                collector.stop()
                up.stop()
