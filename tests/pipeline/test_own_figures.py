"""``pipeline_minutes``: how the pipeline itself does, told by collectors and by the local receiver."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from local.test_receiver import span
from tokenboard.local.engine import Engine
from tokenboard.local.stack import Stack

MINUTE = datetime(2026, 11, 20, 10, 7, tzinfo=UTC)
# names and attributes as otelcol 0.161 exports them with temporality_preference: delta
RECEIVER = {"receiver": "otlp", "transport": "http"}
EXPORTER = {"exporter": "clickhouse"}
QUEUE = {"exporter": "clickhouse", "data_type": "traces"}
OWN = {"receiver": "otlp/own", "transport": "http"}


def point(second, value):
    at = str(int((MINUTE.timestamp() + second) * 1e9))
    return {"timeUnixNano": at, "startTimeUnixNano": at, "asInt": str(value)}


def attributes(given):
    return [{"key": key, "value": {"stringValue": value}} for key, value in given.items()]


def metric(name, labels, *points, gauge=False, temporality=1):
    points = [{**one, "attributes": attributes(labels)} for one in points]
    if gauge:
        return {"name": name, "gauge": {"dataPoints": points}}
    kind = {"isMonotonic": True, "aggregationTemporality": temporality, "dataPoints": points}
    return {"name": name, "sum": kind}


def told(instance, *metrics):
    resource = attributes({"service.name": "otelcol-contrib", "service.instance.id": instance})
    return {
        "resourceMetrics": [
            {
                "resource": {"attributes": resource},
                "scopeMetrics": [{"scope": {}, "metrics": list(metrics)}],
            }
        ]
    }


# First, before the stack that the rest share: there is one engine in a process.
def test_the_local_receiver_tells_the_same(tmp_path):
    """What the local stack took and refused stands in the view once it has stopped, each run on its own."""
    content = span("x").SerializeToString()
    headers = {"content-type": "application/x-protobuf"}
    for _ in range(2):
        with Stack(tmp_path, 0, 0, 0, max_pending_bytes=50 * len(content)) as stack:
            url = f"{stack.addresses['otlp']}/v1/traces"
            for _ in range(3):
                assert httpx.post(url, content=content, headers=headers).status_code == 200
    with Engine(tmp_path) as engine:
        client = engine.client()
        rows = client.query(
            "SELECT sum(accepted), sum(sent), sum(refused), sum(failed), max(queue_capacity), "
            "min(memory_bytes) > 50e6 FROM pipeline_minutes WHERE component = 'tokenboard' "
            "GROUP BY instance HAVING sum(accepted) > 0"
        ).result_rows
        client.close()
    assert rows == [(3, 3, 0, 0, 50 * len(content), 1)] * 2


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("data"), 0, 0, 0) as running:
        yield running


@pytest.fixture(scope="module")
def query(stack):
    client = stack.engine.client()
    yield lambda sql: client.query(sql).result_rows
    client.close()


def test_a_collectors_figures_add_up_by_minute(stack, query):
    """Increments of all signals are summed, gauges taken at their highest, own traffic and replays left out."""
    a = told(
        "a",
        metric("otelcol_receiver_accepted_spans", RECEIVER, point(5, 100), point(50, 20)),
        metric("otelcol_receiver_accepted_log_records", RECEIVER, point(5, 7)),
        metric("otelcol_receiver_accepted_metric_points", OWN, point(5, 999)),
        metric("otelcol_receiver_refused_spans", RECEIVER, point(5, 30)),
        metric("otelcol_exporter_sent_spans", EXPORTER, point(5, 90), point(65, 30)),
        metric("otelcol_exporter_send_failed_spans", EXPORTER, point(65, 3)),
        # since the start of the process, not since the last time: cannot be added up
        metric("otelcol_exporter_sent_spans", EXPORTER, point(6, 5000), temporality=2),
        metric("otelcol_exporter_queue_size", QUEUE, point(5, 4096), point(50, 512), gauge=True),
        metric("otelcol_exporter_queue_size", EXPORTER, point(50, 100), gauge=True),
        metric("otelcol_exporter_queue_capacity", QUEUE, point(5, 10_000), gauge=True),
        metric("otelcol_process_memory_rss", {}, point(5, 64_000_000), gauge=True),
    )
    b = told("b", metric("otelcol_receiver_accepted_spans", RECEIVER, point(5, 1)))
    for sent in (a, b, a):
        answer = httpx.post(f"{stack.addresses['otlp']}/v1/metrics", json=sent, timeout=30)
        assert answer.status_code == 200, answer.text
    rows = query(
        "SELECT minute, component, instance, accepted, refused, failed, sent, queue_size, "
        "queue_capacity, memory_bytes FROM pipeline_minutes "
        "WHERE component = 'otelcol-contrib' ORDER BY minute, instance"
    )
    at, later = MINUTE.replace(tzinfo=None), MINUTE.replace(minute=8, tzinfo=None)
    assert [(row[0].replace(tzinfo=None), *row[1:]) for row in rows] == [
        (at, "otelcol-contrib", "a", 127, 30, 0, 90, 4196, 10_000, 64_000_000),
        (at, "otelcol-contrib", "b", 1, 0, 0, 0, None, None, None),
        (later, "otelcol-contrib", "a", 0, 0, 3, 30, None, None, None),
    ]


def test_what_apps_lost_adds_up_by_minute(stack, query):
    """Spans that an app's SDK lost are given up on in the minute of the loss, from totals or increments, replays once."""

    def lost(service, start, *totals, temporality=2):
        points = [
            {**point(second, value), "startTimeUnixNano": str(start)} for second, value in totals
        ]
        error = {"error.type": "queue_full"}
        name = "otel.sdk.processor.span.processed"
        sent = told("app-1", metric(name, error, *points, temporality=temporality))
        sent["resourceMetrics"][0]["resource"]["attributes"][0]["value"]["stringValue"] = service
        # what was not lost is counted under the same name
        fine = metric(name, {}, point(5, 100_000), temporality=temporality)
        sent["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].append(fine)
        return sent

    begun = int(MINUTE.timestamp() * 1e9)
    first = lost("cumulative", begun, (5, 40), (65, 100), (125, 100), (185, 101))
    again = lost("cumulative", begun + 200 * 10**9, (215, 7))  # started anew
    deltas = lost("delta", begun, (5, 3), (50, 4), temporality=1)
    for sent in (first, again, deltas, first):
        answer = httpx.post(f"{stack.addresses['otlp']}/v1/metrics", json=sent, timeout=30)
        assert answer.status_code == 200, answer.text
    rows = query(
        "SELECT component, dateDiff('minute', toDateTime('2026-11-20 10:07:00', 'UTC'), minute), failed "
        "FROM pipeline_minutes WHERE component IN ('cumulative', 'delta') ORDER BY 1, 2"
    )
    assert rows == [
        ("cumulative", 0, 40),
        ("cumulative", 1, 60),
        ("cumulative", 3, 8),
        ("delta", 0, 7),
    ]
