"""Raw spans to calls in bulk, late calls in a full hour, and what a row takes on disk.

``python -m bench.books.spans 7000000`` measures an hour of the size that is aimed at, without the
rest of the books: some ten minutes, 8 GB of disk, 4 GB of memory.
"""

# ruff: noqa: E501 - SQL is laid out by its columns
from __future__ import annotations

import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from clickhouse_connect.driver.client import Client

_BLOCK = 250_000
# Who sends in bulk sends over more than one connection; one insert keeps one core busy.
_SENDERS = 2
# ClickHouse's own default. The local stack writes a quarter of it at a time (local/engine.py).
_BLOCK_BYTES = 256 * 2**20
_SPAN = """
INSERT INTO {table} (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, ScopeName,
    ResourceAttributes, SpanAttributes, Duration, StatusCode)
SELECT
    toDateTime({hour}, 'UTC') + {second}, lower(hex(sipHash128(number))),
    lower(hex(sipHash64(number))), 'chat gpt-4o', 'Client', concat('service-', toString(number % {sessions} % 7)), 'tokenboard',
    map('service.name', concat('service-', toString(number % {sessions} % 7))),
    map('gen_ai.operation.name', 'chat', 'gen_ai.provider.name', 'openai', 'gen_ai.request.model', 'gpt-4o',
        'gen_ai.response.model', 'gpt-4o-2024-08-06',
        'gen_ai.response.id', concat('chatcmpl-', lower(hex(sipHash128(number, 1)))),
        'gen_ai.usage.input_tokens', toString(1000 + number % 50000),
        'gen_ai.usage.output_tokens', toString(20 + number % 900),
        'gen_ai.usage.cache_read.input_tokens', toString(number % 1000),
        'user.id', concat('user-', toString(number % {sessions} % 20000), '@example.com'), 'tokenboard.user.source', 'context',
        'session.id', concat('session-', toString(number % {sessions})), 'tokenboard.trigger', if(number % 8 = 0, 'user', 'tool'),
        'tokenboard.prompt.hash', lower(hex(sipHash64(number, 2))), 'tokenboard.attempt', '1',
        'http.response.status_code', '200', 'tokenboard.request.messages', toString(number % 60),
        'tokenboard.request.bytes', toString(number % 90000)),
    3000000000, 'Unset'
FROM numbers({start}, {count})
"""


class Meter:
    """Adds up clock and processor time; the engine's own threads are the process's too."""

    def __init__(self) -> None:
        self.clock = self.cpu = 0.0

    @contextmanager
    def running(self) -> Generator[None]:
        clock, cpu = time.monotonic(), time.process_time()
        yield
        self.clock += time.monotonic() - clock
        self.cpu += time.process_time() - cpu

    def __str__(self) -> str:
        return f"{self.clock:.1f} s, {self.cpu:.1f} s of processor time"


def measure(count: int, directory: Path | None = None) -> dict[str, float]:
    """Send ``count`` spans of one hour, then late ones; return spans a second, seconds and bytes.

    Each session is one person's in one service, forty calls of it spread over the hour, of a model
    that has a price. Making the spans up is not measured: a block of them lies ready in memory for
    each sender before they insert at once. The processor time of merges in the background is, for as
    long as they run beside what is measured.
    """
    chosen = directory or Path(tempfile.mkdtemp(prefix="tokenboard-bench-"))
    try:
        figures = _measure(count, chosen)
    finally:
        if directory is None:
            shutil.rmtree(chosen, ignore_errors=True)
    for name, value in figures.items():
        print(f"{name}: {value:,.1f}")
    return figures


def _measure(count: int, directory: Path) -> dict[str, float]:
    from tokenboard import store
    from tokenboard.local.engine import Engine
    from tokenboard.store import recompute

    figures: dict[str, float] = {}
    hour = int(time.time()) // 3600 * 3600 - 7200
    second = f"intDiv(number * 3600, {count})"
    sessions = max(1, count // 40)
    with Engine(directory) as engine:
        clients = [engine.client() for _ in range(_SENDERS)]
        client = clients[0]
        _price_the_model(client, hour)
        for one in clients:
            one.command(f"SET min_insert_block_size_bytes = {_BLOCK_BYTES}")
            one.command("CREATE TEMPORARY TABLE ready AS otel_traces")
        stored, made = Meter(), Meter()
        starts = iter(range(0, count, _BLOCK))
        while batch := [(one, at) for one, at in zip(clients, starts, strict=False)]:
            for one, at in batch:
                one.command("TRUNCATE TABLE ready")
                one.command(
                    _SPAN.format(
                        table="ready",
                        hour=hour,
                        start=at,
                        count=min(_BLOCK, count - at),
                        second=second,
                        sessions=sessions,
                    )
                )
            with stored.running():
                _at_once([one for one, _ in batch], "INSERT INTO otel_traces SELECT * FROM ready")
        for one in clients:
            one.command("DROP TEMPORARY TABLE ready")
        print(f"stored in {stored}", flush=True)
        with made.running():
            recompute.bring_up(client, "calls")
        print(f"made calls in {made}", flush=True)
        figures["spans_stored_per_s"] = count / stored.clock
        figures["stored_spans_to_calls_per_s"] = count / made.clock
        figures["spans_to_calls_per_s"] = count / (stored.clock + made.clock)
        figures["spans_to_calls_cpu_us"] = (stored.cpu + made.cpu) / count * 1e6
        store.refresh(client)
        for name, slots in {"late_call": [3], "dirty_hour": list(range(6))}.items():
            late = _late(client, hour, slots)
            print(f"{name} in {late}", flush=True)
            figures[f"{name}_s"] = late.clock
            figures[f"{name}_cpu_s"] = late.cpu
        figures |= {
            f"{table}_bytes_a_row": _bytes(client, table)
            for table in ("otel_traces", "emissions", "call_rows")
        }
        for one in clients:
            one.close()
    return figures


def _price_the_model(client: Client, hour: int) -> None:
    """Book one call of the day before: models are priced once they were seen."""
    from tokenboard import store
    from tokenboard.store import prices

    day = hour - 86400
    client.command(
        _SPAN.format(table="otel_traces", hour=day, start=2**40, count=1, second=0, sessions=1)
    )
    store.refresh(client)
    assert prices.sync(client).priced


def _at_once(clients: list[Client], statement: str) -> None:
    with ThreadPoolExecutor(len(clients)) as pool:
        for done in [pool.submit(one.command, statement) for one in clients]:
            done.result()


def _late(client: Client, hour: int, slots: list[int]) -> Meter:
    """Return the time until late calls, one in each of these ten minutes, are in the hour.

    From emissions to calls, deductions, usage by hour and sessions; days and standings, which do
    not grow with the calls of an hour, are made afterwards.
    """
    from tokenboard import store
    from tokenboard.store import recompute, units

    for slot in slots:
        number = time.time_ns() // 1000  # of no span so far
        second = 600 * slot + 300
        client.command(
            _SPAN.format(
                table="otel_traces", hour=hour, start=number, count=1, second=second, sessions=1
            )
        )
    meter = Meter()
    with meter.running():
        for stage in recompute.STAGES:
            if stage.unit in {units.SLOT, units.HOUR}:
                recompute.bring_up(client, stage.name)
    store.refresh(client)
    return meter


def _bytes(client: Client, table: str) -> float:
    client.command(f"OPTIMIZE TABLE {table} FINAL")
    query = (
        "SELECT sum(bytes_on_disk) / sum(rows) FROM system.parts "
        f"WHERE database = currentDatabase() AND table = '{table}' AND active"
    )
    return float(client.query(query).result_rows[0][0])


if __name__ == "__main__":
    measure(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
