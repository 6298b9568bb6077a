"""The real collector through faults: what was acknowledged is on the books, to the token, and once."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pipeline.conftest import QUICK, call, until

TOKENS = 1000  # of each call
# Gives up on an answer sooner than the gate is silent.
IMPATIENT = {
    "exporters": {
        name: {**settings, "timeout": "2s"} for name, settings in QUICK["exporters"].items()
    }
}


class Sender:
    """An app's exporter: it sends calls and sends again what was not acknowledged."""

    def __init__(self, scenario, first):
        self.scenario, self.next = scenario, first
        self.acknowledged = 0
        self.refused = []

    def send(self, collector, posts, size=10, *, filler="", patience=0):
        for _ in range(posts):
            body = self.body(size, filler)
            end = time.monotonic() + patience
            while (status := posted(collector, body)) != 200:
                self.refused.append(status)
                if time.monotonic() > end:
                    break
                time.sleep(0.1)
            else:
                self.acknowledged += size

    def body(self, size, filler):
        whole = None
        for _ in range(size):
            given = {"tokenboard.task.id": self.scenario, "filler": filler}
            one = call(self.next, given)
            self.next += 1
            if whole is None:
                whole = one
            else:
                whole["resourceSpans"] += one["resourceSpans"]
        return whole


def posted(collector, body):
    try:
        return collector.post("traces", body).status_code
    except httpx.HTTPError as error:
        return type(error).__name__


@pytest.fixture
def books(query):
    """Function: waits until a scenario's acknowledged calls are there and returns (calls, tokens, raw rows)."""

    def totals(sender, collector):
        calls = (
            "SELECT count(), sum(input_tokens + output_tokens) FROM calls "
            f"WHERE task_id = '{sender.scenario}'"
        )
        raw = (
            "SELECT count(), uniqExact(SpanId) FROM otel_traces "
            f"WHERE SpanAttributes['tokenboard.task.id'] = '{sender.scenario}'"
        )
        until(lambda: query(raw)[0][1] >= sender.acknowledged)
        # nothing more may come: the queue is empty once the collector has ended in good order
        collector.stop()
        until(lambda: query(calls)[0][0] >= query(raw)[0][1])
        ((count, tokens),) = query(calls)
        return count, tokens, query(raw)[0][0]

    return totals


def test_an_hours_outage_loses_nothing(make, gate, books):
    """The store is away for an hour, three hundred times as fast; the collector is stopped and killed in it; all is kept."""
    # collector/config.yaml, a second for each five minutes: so long does a collector try by default, 300 s
    hurried = {"retry_on_failure": {"initial_interval": "4ms", "max_interval": "100ms"}}
    hurried["sending_queue"] = {"batch": {"flush_timeout": "10ms"}}
    sender = Sender("outage", 1000)
    gate.mode = "down"
    collector = make(override={"exporters": {"clickhouse": hurried, "clickhouse/own": hurried}})
    for five_minutes in range(12):
        if five_minutes == 4:
            collector.stop()
            collector.start()
        if five_minutes == 8:
            collector.kill()
            collector.start()
        sender.send(collector, 4, size=25)
        time.sleep(1)
    gate.mode = "pass"
    sender.send(collector, 1)
    assert sender.refused == []
    assert books(sender, collector)[:2] == (1210, 1210 * TOKENS)


def test_a_store_that_fails_after_it_has_stored_is_counted_once(make, gate, books):
    """Errors and silence after the commit make the collector send again; the books count each call once."""
    sender = Sender("replay", 2000)
    collector = make(override=IMPATIENT)
    for mode in ("stored, then 500", "500", "stored, then silence"):
        gate.mode, before = mode, gate.inserts.count(mode)
        sender.send(collector, 3)
        until(lambda seen=before, mode=mode: gate.inserts.count(mode) >= seen + 2)
    gate.mode = "pass"
    count, tokens, raw = books(sender, collector)
    assert (count, tokens) == (90, 90 * TOKENS)
    assert raw >= 120, "the store was to get much of it twice: this test tests nothing"


def test_a_collector_killed_in_mid_batch_loses_and_doubles_nothing(make, gate, books):
    """SIGKILL while an insert is stored and not yet answered: after the start it is sent again, counted once."""
    sender = Sender("killed", 3000)
    collector = make(override=IMPATIENT)
    for _ in range(2):
        gate.mode = "stored, then silence"
        before = len(gate.inserts)
        sender.send(collector, 4)
        until(lambda seen=before: len(gate.inserts) > seen)
        sender.send(collector, 4)
        collector.kill()
        gate.mode = "pass"
        collector.start()
    count, tokens, raw = books(sender, collector)
    assert (count, tokens) == (160, 160 * TOKENS)
    assert raw > 160


def test_a_full_disk_refuses_and_goes_on(make, gate, books, tmp_path):
    """With no room for its queue the collector refuses, keeps what it took, and takes again once there is room."""
    if shutil.which("unshare") is None or not can_mount():
        pytest.skip("a disk of its own cannot be mounted here (unshare -rm)")
    queue = tmp_path / "collector" / "queue"
    queue.mkdir(parents=True)
    mount = 'mount -t tmpfs -o size=4m queue "$QUEUE_DIR" && exec "$0" "$@"'
    gate.mode = "down"
    collector = make(wrap=("unshare", "-rm", "sh", "-c", mount))
    sender = Sender("full", 4000)
    sender.send(collector, 12, filler="x" * 60_000)
    assert {503} <= set(sender.refused) <= {500, 503}
    taken = sender.acknowledged
    assert 0 < taken < 120
    gate.mode = "pass"
    sender.send(collector, 3, patience=60)
    assert sender.acknowledged == taken + 30
    count, tokens, _ = books(sender, collector)
    # what was refused may have been stored nonetheless: its sender was told to come again
    assert sender.acknowledged <= count <= sender.next - 4000
    assert tokens == count * TOKENS


def can_mount():
    done = subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    )
    return done.returncode == 0


def test_an_app_outlives_its_collector(make, books):
    """While no collector listens the app's own exporter waits and sends again; then its calls are there."""
    collector = make()
    collector.kill()
    spans = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create({"service.name": "app"}))
    provider.add_span_processor(SimpleSpanProcessor(spans))
    tracer = provider.get_tracer("t")
    for number in range(10):
        with tracer.start_as_current_span("chat gpt-5") as span:
            span.set_attributes(
                {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": "openai",
                    "gen_ai.request.model": "gpt-5",
                    "gen_ai.response.id": f"chatcmpl-app-{number}",
                    "gen_ai.usage.input_tokens": 900,
                    "gen_ai.usage.output_tokens": 100,
                    "tokenboard.task.id": "app",
                }
            )
    exporter = OTLPSpanExporter(f"{collector.url}/v1/traces", timeout=60)
    results = []
    sending = threading.Thread(
        target=lambda: results.append(exporter.export(spans.get_finished_spans()))
    )
    sending.start()
    time.sleep(1.5)
    assert results == []
    collector.start()
    sending.join()
    assert results == [SpanExportResult.SUCCESS]
    sender = Sender("app", 0)
    sender.acknowledged = 10
    assert books(sender, collector)[:2] == (10, 10 * TOKENS)
