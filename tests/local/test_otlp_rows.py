"""What arrives by OTLP stands in the tables as the collector's clickhouseexporter writes it.

The expected rows were written by hand from exporter/clickhouseexporter 0.161 and pdata's AsString; the
exporter itself, run against the ClickHouse port with these payloads, stored the same.
"""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from google.protobuf import json_format
from local import payloads

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "00f067aa0ba902b7"
PARENT = "b7ad6b7169203331"
AT = payloads.at(0)

TRACES = [
    {
        "Timestamp": AT,
        "TraceId": TRACE,
        "SpanId": SPAN,
        "ParentSpanId": PARENT,
        "TraceState": "vendor=1,other=2",
        "SpanName": "chat gpt-5",
        "SpanKind": "Client",
        "ServiceName": "shop",
        "ResourceAttributes": {"host.cpus": "8", "service.name": "shop"},
        "ScopeName": "tokenboard",
        "ScopeVersion": "0.1.0",
        "SpanAttributes": {name: text for name, (_, text) in sorted(payloads.TEXTS.items())},
        "Duration": 1234567890,
        "StatusCode": "Error",
        "StatusMessage": "rate limited",
        "Events.Timestamp": [payloads.at(5), payloads.at(6)],
        "Events.Name": ["exception", "retry"],
        "Events.Attributes": [{"exception.type": "RateLimit", "n": "1"}, {}],
        "Links.TraceId": ["9c31801c21eb4884dd43cd161965f70a"],
        "Links.SpanId": [PARENT],
        "Links.TraceState": ["l=1"],
        "Links.Attributes": [{"why": '["batch"]'}],
    }
]
PLAIN = {
    "TraceState": "",
    "StatusMessage": "",
    "Events.Timestamp": [],
    "Events.Name": [],
    "Events.Attributes": [],
    "Links.TraceId": [],
    "Links.SpanId": [],
    "Links.TraceState": [],
    "Links.Attributes": [],
    "ParentSpanId": "",
    "SpanAttributes": {},
}
for number, kind in (
    (0, "Unspecified"),
    (1, "Internal"),
    (2, "Server"),
    (4, "Producer"),
    (5, "Consumer"),
):
    TRACES.append(
        PLAIN
        | {
            "Timestamp": payloads.at(number),
            "TraceId": TRACE,
            "SpanId": f"0{number + 1}" * 8,
            "SpanName": f"kind {number}",
            "SpanKind": kind,
            "ServiceName": "shop",
            "ResourceAttributes": {"host.cpus": "8", "service.name": "shop"},
            "ScopeName": "tokenboard",
            "ScopeVersion": "0.1.0",
            "Duration": 0,
            "StatusCode": "Ok",
        }
    )
TRACES.append(
    PLAIN
    | {
        "Timestamp": AT,
        "TraceId": "",
        "SpanId": "",
        "SpanName": "bare",
        "SpanKind": "Unspecified",
        "ServiceName": "",
        "ResourceAttributes": {},
        "ScopeName": "",
        "ScopeVersion": "",
        "Duration": 2**64 - 1,
        "StatusCode": "Unset",
    }
)

SHARED = {
    "ResourceAttributes": {"service.name": "claude-code"},
    "ResourceSchemaUrl": "https://schema/resource",
    "ScopeSchemaUrl": "https://schema/scope",
    "ScopeName": "events",
    "ScopeVersion": "2",
    "ScopeAttributes": {"s": "1"},
    "ServiceName": "claude-code",
}
LOGS = [
    SHARED
    | {
        "Timestamp": AT,
        "TraceId": TRACE,
        "SpanId": SPAN,
        "TraceFlags": 1,
        "SeverityText": "WARN",
        "SeverityNumber": 13,
        "Body": '{"a":null,"b":[1,"x"]}',
        "LogAttributes": {"a": "true", "tokens": "12", "z": "1"},
        "EventName": "api_request",
    },
    SHARED
    | {
        "Timestamp": payloads.at(10),
        "TraceId": "",
        "SpanId": "",
        "TraceFlags": 0,
        "SeverityText": "",
        "SeverityNumber": 0,
        "Body": "just text",
        "LogAttributes": {},
        "EventName": "",
    },
]

POINT = {
    "ResourceAttributes": {"service.name": "shop"},
    "ResourceSchemaUrl": "https://schema/resource",
    "ScopeName": "meter",
    "ScopeVersion": "3",
    "ScopeAttributes": {"s": "1"},
    "ScopeDroppedAttrCount": 2,
    "ScopeSchemaUrl": "https://schema/scope",
    "ServiceName": "shop",
    "MetricDescription": "",
    "MetricUnit": "",
    "Attributes": {},
    "StartTimeUnix": AT,
    "TimeUnix": payloads.at(0, seconds=60),
    "Flags": 1,
}
NO_EXEMPLARS = {
    "Exemplars.FilteredAttributes": [],
    "Exemplars.TimeUnix": [],
    "Exemplars.Value": [],
    "Exemplars.SpanId": [],
    "Exemplars.TraceId": [],
}
METRICS = {
    "gauge": POINT
    | {
        "MetricName": "depth",
        "MetricDescription": "how deep",
        "MetricUnit": "1",
        "Attributes": {"b": "1", "queue": "a"},
        "Value": -7,
        "Exemplars.FilteredAttributes": [{"f": "1"}, {}],
        "Exemplars.TimeUnix": [AT, payloads.at(1)],
        "Exemplars.Value": [1.5, 3],
        "Exemplars.SpanId": [SPAN, "0" * 16],
        "Exemplars.TraceId": [TRACE, "0" * 32],
    },
    "sum": POINT
    | NO_EXEMPLARS
    | {
        "MetricName": "calls",
        "MetricUnit": "{call}",
        "Value": 2.5,
        "AggregationTemporality": 2,
        "IsMonotonic": True,
    },
    "histogram": POINT
    | NO_EXEMPLARS
    | {
        "MetricName": "gen_ai.client.token.usage",
        "MetricUnit": "{token}",
        "Count": 3,
        "Sum": 70.5,
        "Min": 1,
        "Max": 64.5,
        "BucketCounts": [1, 2, 0],
        "ExplicitBounds": [4, 16],
        "AggregationTemporality": 1,
    },
    "exponential_histogram": POINT
    | NO_EXEMPLARS
    | {
        "MetricName": "spread",
        "Count": 9,
        "Sum": 5.5,
        "Scale": -1,
        "ZeroCount": 2,
        "PositiveOffset": -3,
        "PositiveBucketCounts": [1, 0, 5],
        "NegativeOffset": 2,
        "NegativeBucketCounts": [1],
        "Min": 0,
        "Max": 4,
        "AggregationTemporality": 2,
    },
    "summary": POINT
    | {
        "MetricName": "latency",
        "Count": 10,
        "Sum": 3.5,
        "ValueAtQuantiles.Quantile": [0.5, 0.99],
        "ValueAtQuantiles.Value": [0.25, 1.25],
    },
}


def otlp_json(message) -> bytes:
    """The JSON encoding as OTLP has it: the protobuf mapping, but ids in hex."""
    document = json.loads(json_format.MessageToJson(message, use_integers_for_enums=True))

    def hexed(node):
        if isinstance(node, list):
            return [hexed(one) for one in node]
        if not isinstance(node, dict):
            return node
        return {
            name: json_format.base64.b64decode(one).hex()
            if name in ("traceId", "spanId", "parentSpanId")
            else hexed(one)
            for name, one in node.items()
        }

    return json.dumps(hexed(document)).encode()


WAYS = {
    "protobuf": lambda m: (m.SerializeToString(), "application/x-protobuf", {}),
    "protobuf, gzip": lambda m: (
        gzip.compress(m.SerializeToString()),
        "application/x-protobuf",
        {"content-encoding": "gzip"},
    ),
    "json": lambda m: (otlp_json(m), "application/json", {}),
    "json, deflate": lambda m: (
        zlib.compress(otlp_json(m)),
        "application/json; charset=utf-8",
        {"content-encoding": "deflate"},
    ),
}


def stored(ask, table, expected, order):
    columns = ", ".join(f"`{name}`" for name in expected)
    # but for the receiver's own figures, which it writes now and then
    return ask.rows(
        f"SELECT {columns} FROM {table} WHERE ServiceName != 'tokenboard' ORDER BY {order}"
    )


@pytest.fixture(params=WAYS)
def way(request, stack):
    """One encoding, on empty tables."""
    client = stack.engine.client()
    for table in ("otel_traces", "otel_logs", *(f"otel_metrics_{kind}" for kind in METRICS)):
        client.command(f"TRUNCATE TABLE {table}")
    client.close()
    return WAYS[request.param]


def test_spans(ask, way):
    """Every field of a span, in every encoding, ends in its column."""
    content, kind, headers = way(payloads.traces())
    answer = ask.otlp("traces", content, kind, **headers)
    assert answer.status_code == 200, answer.text
    assert (
        stored(
            ask, "otel_traces", TRACES[0], "TraceId = '', Timestamp, SpanId != '00f067aa0ba902b7'"
        )
        == TRACES
    )


def test_log_records(ask, way):
    """Every field of a log record, in every encoding, ends in its column."""
    content, kind, headers = way(payloads.logs())
    assert ask.otlp("logs", content, kind, **headers).status_code == 200
    assert stored(ask, "otel_logs", LOGS[0], "Timestamp") == LOGS


def test_metric_points(ask, way):
    """Every kind of metric, in every encoding, ends in its own table."""
    content, kind, headers = way(payloads.metrics())
    assert ask.otlp("metrics", content, kind, **headers).status_code == 200
    for name, expected in METRICS.items():
        assert stored(ask, f"otel_metrics_{name}", expected, "MetricName") == [expected], name
