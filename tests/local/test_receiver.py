"""The OTLP receiver as senders meet it: real exporters, refusals, limits, nothing lost."""

from __future__ import annotations

import gzip
import json
import logging
import zlib

import httpx
import pytest
from google.rpc.status_pb2 import Status
from local import payloads
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

PROTOBUF = "application/x-protobuf"


def span(name="chat", **fields):
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    fields = {
        "trace_id": payloads.TRACE,
        "span_id": payloads.SPAN,
        "start_time_unix_nano": payloads.START,
        "end_time_unix_nano": payloads.START + 1,
    } | fields
    scope.spans.add(name=name, **fields)
    return request


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_the_sdks_exporters_deliver(ask, compression):
    """What an app records with the OpenTelemetry SDK is in the tables once its provider is shut down."""
    resource = Resource({"service.name": f"app {compression.value}"})
    at = ask.addresses["otlp"]
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(f"{at}/v1/traces", compression=compression))
    )
    with tracers.get_tracer("t").start_as_current_span("outer", attributes={"n": 1}) as outer:
        trace = f"{outer.get_span_context().trace_id:032x}"
        with tracers.get_tracer("t").start_as_current_span("inner"):
            pass
    tracers.shutdown()
    meters = MeterProvider(
        [
            PeriodicExportingMetricReader(
                OTLPMetricExporter(f"{at}/v1/metrics", compression=compression)
            )
        ],
        resource=resource,
    )
    meters.get_meter("m").create_counter("used").add(7, {"k": "v"})
    meters.shutdown()
    loggers = LoggerProvider(resource=resource)
    loggers.add_log_record_processor(
        SimpleLogRecordProcessor(OTLPLogExporter(f"{at}/v1/logs", compression=compression))
    )
    logger = logging.getLogger("tokenboard-test")
    logger.addHandler(LoggingHandler(logger_provider=loggers))
    logger.warning("seen %d", 3)
    loggers.shutdown()

    service = f"ServiceName = 'app {compression.value}'"
    spans = ask.rows(
        f"SELECT SpanName, TraceId, ParentSpanId != '' AS child, SpanAttributes FROM otel_traces "
        f"WHERE {service} ORDER BY SpanName"
    )
    assert spans == [
        {"SpanName": "inner", "TraceId": trace, "child": 1, "SpanAttributes": {}},
        {"SpanName": "outer", "TraceId": trace, "child": 0, "SpanAttributes": {"n": "1"}},
    ]
    sums = ask.rows(f"SELECT MetricName, Value, Attributes FROM otel_metrics_sum WHERE {service}")
    assert sums == [{"MetricName": "used", "Value": 7, "Attributes": {"k": "v"}}]
    assert ask.rows(f"SELECT Body, SeverityText FROM otel_logs WHERE {service}") == [
        {"Body": "seen 3", "SeverityText": "WARN"}
    ]


@pytest.mark.parametrize("signal", ["traces", "metrics", "logs"])
def test_an_empty_request_is_fine(ask, signal):
    """No records are no error, in both encodings."""
    assert ask.otlp(signal, b"").status_code == 200
    answer = ask.otlp(signal, b"{}", "application/json")
    assert (answer.status_code, answer.json()) == (200, {})


def test_unknown_json_fields_and_enum_names_are_read(ask):
    """JSON of a newer protocol, enums by name, numbers as text or numbers: read as the protocol says."""
    record = {
        "traceId": payloads.TRACE.hex().upper(),
        "spanId": payloads.SPAN.hex(),
        "name": "lenient",
        "kind": "SPAN_KIND_CLIENT",
        "startTimeUnixNano": str(payloads.START),
        "endTimeUnixNano": payloads.START + 5,
        "status": {"code": "STATUS_CODE_ERROR"},
        "attributes": [
            {"key": "n", "value": {"intValue": 7}},
            {"key": "b", "value": {"bytesValue": "AQ=="}},
        ],
        "fromTheFuture": {"x": [1]},
    }
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [record]}], "newer": 1}]}
    assert ask.otlp("traces", json.dumps(document), "application/json").status_code == 200
    assert ask.rows(
        "SELECT TraceId, SpanKind, Duration, StatusCode, SpanAttributes FROM otel_traces WHERE SpanName = 'lenient'"
    ) == [
        {
            "TraceId": payloads.TRACE.hex(),
            "SpanKind": "Client",
            "Duration": 5,
            "StatusCode": "Error",
            "SpanAttributes": {"b": "AQ==", "n": "7"},
        }
    ]


BAD = {
    "no protobuf": ("traces", b"\xff\xff\xff", PROTOBUF, {}),
    "cut protobuf": ("traces", payloads.traces().SerializeToString()[:-7], PROTOBUF, {}),
    "json as protobuf": ("logs", b'{"resourceLogs": []}', PROTOBUF, {}),
    "no json": ("traces", b"{", "application/json", {}),
    "a json list": ("traces", b"[]", "application/json", {}),
    "json of another shape": ("metrics", b'{"resourceMetrics": {"a": 1}}', "application/json", {}),
    "a number as name": (
        "traces",
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":{}}]}]}]}',
        "application/json",
        {},
    ),
    "json without end": ("traces", b"[" * 100_000, "application/json", {}),
    "json nested deep": (
        "traces",
        b'{"resourceSpans":' * 5_000 + b"1" + b"}" * 5_000,
        "application/json",
        {},
    ),
    "invalid utf-8": ("traces", b'{"resourceSpans": "\xff"}', "application/json", {}),
    "no gzip": ("traces", b"plain", PROTOBUF, {"content-encoding": "gzip"}),
    "cut gzip": (
        "traces",
        gzip.compress(payloads.traces().SerializeToString())[:-9],
        PROTOBUF,
        {"content-encoding": "gzip"},
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_does_not_parse_gets_400(ask, case):
    """Garbage is refused with a Status in the request's encoding, saying what is wrong, and stores nothing."""
    signal, content, kind, headers = BAD[case]
    before = ask.value("SELECT count() FROM otel_traces")
    answer = ask.otlp(signal, content, kind, **headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == kind
    said = answer.json() if kind == "application/json" else None
    message = said["message"] if said else Status.FromString(answer.content).message
    assert message
    assert "\n" not in message
    assert ask.value("SELECT count() FROM otel_traces") == before


@pytest.mark.parametrize(
    ("method", "path", "kind", "status"),
    [
        ("POST", "/v1/traces", "text/plain", 415),
        ("POST", "/v1/traces", "", 415),
        ("POST", "/v1/nothing", PROTOBUF, 404),
        ("POST", "/", PROTOBUF, 404),
        ("GET", "/v1/traces", PROTOBUF, 405),
        ("OPTIONS", "/v1/traces", PROTOBUF, 405),
    ],
)
def test_other_requests_are_refused(ask, method, path, kind, status):
    """Wrong type, path or method: 415, 404 or 405, and never a CORS header."""
    answer = ask.http.request(
        method, ask.addresses["otlp"] + path, content=b"", headers={"content-type": kind}
    )
    assert answer.status_code == status
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_an_unknown_encoding_gets_415(ask):
    """A Content-Encoding that the receiver cannot undo is named, with those it can."""
    answer = ask.otlp("traces", b"x", **{"content-encoding": "snappy"})
    assert answer.status_code == 415
    assert "gzip" in answer.headers["accept-encoding"]


@pytest.mark.parametrize("way", ["plain", "chunked", "gzip bomb", "deflate bomb"])
def test_huge_bodies_get_413(ask, way):
    """A body over 32 MiB is refused, however it comes, also when only its decompressed size is."""
    huge = b"\0" * (33 * 2**20)
    headers = {}
    if way == "gzip bomb":
        huge, headers = gzip.compress(huge), {"content-encoding": "gzip"}
    elif way == "deflate bomb":
        huge, headers = zlib.compress(huge), {"content-encoding": "deflate"}
    content = iter([huge[: 2**20]] * 33) if way == "chunked" else huge
    try:
        answer = ask.otlp("traces", content, **headers)
    except (httpx.WriteError, httpx.ReadError):
        return  # the answer came, and the connection was closed, while the body was still being sent
    assert answer.status_code == 413
    assert "33554432" in Status.FromString(answer.content).message


def test_one_unusable_span_does_not_cost_the_others(ask):
    """A span whose id cannot be one is left out and reported; the rest of the request is stored."""
    request = span("usable")
    request.resource_spans[0].scope_spans[0].spans.add(name="broken", trace_id=b"short")
    answer = ask.otlp("traces", request.SerializeToString())
    assert answer.status_code == 200
    partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert partial.rejected_spans == 1
    assert "'broken'" in partial.error_message
    names = ask.rows("SELECT SpanName FROM otel_traces WHERE SpanName IN ('usable', 'broken')")
    assert names == [{"SpanName": "usable"}]


def test_an_unusable_id_in_json_is_reported(ask):
    """An id that is not hex is the one span's fault, in JSON's own response."""
    spans = [
        {"traceId": "zz", "spanId": "00f067aa0ba902b7", "name": "bad id"},
        {
            "traceId": payloads.TRACE.hex(),
            "spanId": "00f067aa0ba902b7",
            "name": "good id",
            "startTimeUnixNano": str(payloads.START),
        },
    ]
    document = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    answer = ask.otlp("traces", json.dumps(document), "application/json")
    assert answer.status_code == 200
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"
    assert ask.value("SELECT count() FROM otel_traces WHERE SpanName = 'good id'") == "1"


@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
def test_invalid_utf8_costs_only_itself(ask, signal):
    """Text that is no UTF-8 is stored byte by byte as it came; nothing else in the batch suffers."""
    request = getattr(payloads, signal)()
    sent = request.SerializeToString().replace(b"plain", b"pl\xffin").replace(b"WARN", b"W\xffRN")
    sent = sent.replace(b"{token}", b"{tok\xffn}")
    client_kept = {
        "traces": "SpanAttributes['string'] = 'pl\\xFFin' AND SpanAttributes['unicode'] LIKE '%模型%'",
        "logs": "SeverityText = 'W\\xFFRN'",
        "metrics": "MetricUnit = '{tok\\xFFn}'",
    }[signal]
    table = {"metrics": "otel_metrics_histogram"}.get(signal, f"otel_{signal}")
    assert ask.otlp(signal, sent).status_code == 200
    assert ask.value(f"SELECT count() FROM {table} WHERE {client_kept}") == "1"


@pytest.mark.parametrize("moment", [0, 7_258_118_400 * 10**9, 2**63, 2**64 - 1])
def test_times_from_other_ages_are_taken(ask, moment):
    """A clock that is far off is no reason to refuse: 1970, the year 2200, and what wraps around."""
    request = span("adrift", start_time_unix_nano=moment, end_time_unix_nano=moment)
    assert ask.otlp("traces", request.SerializeToString()).status_code == 200


def test_months_in_one_post_are_taken(ask):
    """A backfill that touches more than a hundred partitions at once is stored; raw rows then expire by day."""
    request = span("backfill")
    for day in range(120):
        moment = payloads.START - day * 86_400 * 10**9
        request.resource_spans[0].scope_spans[0].spans.add(
            name="backfill",
            trace_id=payloads.TRACE,
            span_id=day.to_bytes(8, "big"),
            start_time_unix_nano=moment,
            end_time_unix_nano=moment,
        )
    assert ask.otlp("traces", request.SerializeToString()).status_code == 200
    recent = "SpanName = 'backfill' AND Timestamp > now() - INTERVAL 20 DAY"
    assert ask.value(f"SELECT uniqExact(toDate(Timestamp)) FROM otel_traces WHERE {recent}") == "19"
