"""Raw spans to calls in bulk, late calls in a full hour, and what a row takes on disk."""

# ruff: noqa: E501 - SQL is laid out by its columns
from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_BLOCK = 250_000
_SPAN = """
INSERT INTO otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, ScopeName,
    ResourceAttributes, SpanAttributes, Duration, StatusCode)
SELECT
    toStartOfHour(now('UTC')) - 7200 + {second}, lower(hex(sipHash128(number))),
    lower(hex(sipHash64(number))), 'chat gpt-4o', 'Client', concat('service-', toString(number % 7)), 'tokenboard',
    map('service.name', concat('service-', toString(number % 7))),
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


def span_block(start: int, total: int) -> str:
    """Return what inserts the block of an hour's spans that begins with number ``start``.

    Each session is one person's, forty calls of it spread over the hour.
    """
    count, sessions = min(_BLOCK, total - start), max(1, total // 40)
    second = f"intDiv(number * 3600, {total})"
    return _SPAN.format(start=start, count=count, second=second, sessions=sessions)


def measure(count: int) -> dict[str, float]:
    """Send ``count`` spans of one hour, then late ones; return spans a second, seconds and bytes."""
    from tokenboard import store
    from tokenboard.local.engine import Engine
    from tokenboard.store import recompute

    directory = Path(tempfile.mkdtemp(prefix="tokenboard-bench-"))
    figures: dict[str, float] = {}
    try:
        with Engine(directory) as engine:
            client = engine.client()
            began = time.monotonic()
            for start in range(0, count, _BLOCK):
                client.command(span_block(start, count))
            stored = time.monotonic() - began
            print(f"stored in {stored:.1f} s", flush=True)
            began = time.monotonic()
            recompute.bring_up(client, "calls")
            merged = time.monotonic() - began
            print(f"made calls in {merged:.1f} s", flush=True)
            figures["spans_stored_per_s"] = count / stored
            figures["stored_spans_to_calls_per_s"] = count / merged
            figures["spans_to_calls_per_s"] = count / (stored + merged)
            store.refresh(client)
            figures["late_call_s"] = _late(client, count, [3])
            figures["dirty_hour_s"] = _late(client, count, list(range(6)))
            for name in ("late_call", "dirty_hour"):
                figures[f"{name}_of_7_million_s"] = figures[f"{name}_s"] * 7e6 / count
            figures |= {
                f"{table}_bytes_a_row": _bytes(client, table)
                for table in ("otel_traces", "emissions", "call_rows")
            }
            client.close()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    for name, value in figures.items():
        print(f"{name}: {value:,.1f}")
    return figures


def _late(client: Client, count: int, slots: list[int]) -> float:
    """Return the seconds until late calls, one in each of these ten minutes, are in the hour.

    From emissions to calls, deductions, usage by hour and sessions; days and standings, which do
    not grow with the calls of an hour, are made afterwards.
    """
    from tokenboard import store
    from tokenboard.store import recompute

    for slot in slots:
        number = time.time_ns() // 1000  # of no span so far
        client.command(_SPAN.format(start=number, count=1, second=600 * slot + 300, sessions=1))
    began = time.monotonic()
    for stage in recompute.STAGES:
        if stage.unit in {recompute.SLOT, recompute.HOUR}:
            recompute.bring_up(client, stage.name)
    took = time.monotonic() - began
    store.refresh(client)
    return took


def _bytes(client: Client, table: str) -> float:
    client.command(f"OPTIMIZE TABLE {table} FINAL")
    query = (
        "SELECT sum(bytes_on_disk) / sum(rows) FROM system.parts "
        f"WHERE database = currentDatabase() AND table = '{table}' AND active"
    )
    return float(client.query(query).result_rows[0][0])
