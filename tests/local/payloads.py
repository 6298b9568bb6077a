"""OTLP requests with everything in them that the protocol allows, built from its own messages."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

TRACE = bytes.fromhex("0af7651916cd43dd8448eb211c80319c")
SPAN = bytes.fromhex("00f067aa0ba902b7")
PARENT = bytes.fromhex("b7ad6b7169203331")
# Yesterday, because raw rows are kept for some weeks only; with all nine digits of a second.
SECOND = int(time.time()) - 86_400
START = SECOND * 10**9 + 123_456_789


def at(nanoseconds: int, seconds: int = 0) -> str:
    """A moment as ClickHouse writes it: START plus so much."""
    moment = datetime.fromtimestamp(SECOND + seconds, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{123_456_789 + nanoseconds:09}"


def value(given) -> AnyValue:  # noqa: PLR0911 - one a kind
    match given:
        case bool():
            return AnyValue(bool_value=given)
        case int():
            return AnyValue(int_value=given)
        case float():
            return AnyValue(double_value=given)
        case str():
            return AnyValue(string_value=given)
        case bytes():
            return AnyValue(bytes_value=given)
        case list():
            return AnyValue(array_value=ArrayValue(values=[value(one) for one in given]))
        case dict():
            return AnyValue(kvlist_value=KeyValueList(values=attributes(given)))
        case None:
            return AnyValue()
    raise TypeError(given)


def attributes(given) -> list[KeyValue]:
    return [KeyValue(key=name, value=value(one)) for name, one in given.items()]


# An attribute's value and the text that pcommon.Value.AsString makes of it, by hand from its rules.
TEXTS = {
    "string": ("plain", "plain"),
    "empty": ("", ""),
    "unicode": ("größe 模型 🙂", "größe 模型 🙂"),
    "control": ("tab\tnewline\nnul\0quote'\\", "tab\tnewline\nnul\0quote'\\"),
    "long": ("x" * 300, "x" * 300),
    "int": (42, "42"),
    "int.zero": (0, "0"),
    "int.min": (-(2**63), "-9223372036854775808"),
    "bool.true": (True, "true"),
    "bool.false": (False, "false"),
    "float": (0.7, "0.7"),
    "float.zero": (0.0, "0"),
    "float.minus.zero": (-0.0, "-0"),
    "float.whole": (3.0, "3"),
    "float.small": (1e-6, "0.000001"),
    "float.smaller": (1.5e-7, "1.5e-7"),
    "float.tiny": (5e-324, "5e-324"),
    "float.large": (1.5e20, "150000000000000000000"),
    "float.larger": (1e21, "1e+21"),
    "float.huge": (1.7976931348623157e308, "1.7976931348623157e+308"),
    "float.negative": (-1234.5, "-1234.5"),
    "float.nan": (math.nan, "NaN"),
    "float.inf": (math.inf, "Infinity"),
    "float.minus.inf": (-math.inf, "-Infinity"),
    "bytes": (b"\x00\xff\x10", "AP8Q"),
    "nothing": (None, ""),
    "list": (["a", 'b"c', "<&>"], r'["a","b\"c","<&>"]'),
    "list.empty": ([], "[]"),
    "list.mixed": ([1, 2.5, True, None, b"\x01", ["x"]], '[1,2.5,true,null,"AQ==",["x"]]'),
    "list.separator": (["\u2028é\t\x01"], '["\\u2028é\\t\\u0001"]'),
    "list.nan": ([math.nan], ""),
    "map": ({"b": 1, "a": {"z": [], "y": 1e21}}, '{"a":{"y":1e+21,"z":[]},"b":1}'),
}


def traces() -> ExportTraceServiceRequest:
    """Two resources, two scopes, five spans: every field used, every field absent."""
    request = ExportTraceServiceRequest()
    first = request.resource_spans.add(schema_url="https://schema/1")
    first.resource.attributes.extend(attributes({"service.name": "shop", "host.cpus": 8}))
    scope = first.scope_spans.add()
    scope.scope.name, scope.scope.version = "tokenboard", "0.1.0"
    full = scope.spans.add(
        trace_id=TRACE,
        span_id=SPAN,
        parent_span_id=PARENT,
        trace_state="vendor=1,other=2",
        name="chat gpt-5",
        kind=3,
        start_time_unix_nano=START,
        end_time_unix_nano=START + 1_234_567_890,
    )
    full.attributes.extend(attributes({name: given for name, (given, _) in TEXTS.items()}))
    full.status.code, full.status.message = 2, "rate limited"
    event = full.events.add(time_unix_nano=START + 5, name="exception")
    event.attributes.extend(attributes({"exception.type": "RateLimit", "n": 1}))
    full.events.add(time_unix_nano=START + 6, name="retry")
    link = full.links.add(trace_id=TRACE[::-1], span_id=PARENT, trace_state="l=1")
    link.attributes.extend(attributes({"why": ["batch"]}))
    for kind in (0, 1, 2, 4, 5):
        scope.spans.add(
            trace_id=TRACE,
            span_id=bytes([kind + 1]) * 8,
            name=f"kind {kind}",
            kind=kind,
            start_time_unix_nano=START + kind,
            end_time_unix_nano=START + kind,
        ).status.code = 1
    second = request.resource_spans.add()
    other = second.scope_spans.add()
    # Ids of zeros are no ids; an end before the start; no service.
    other.spans.add(
        trace_id=bytes(16),
        name="bare",
        start_time_unix_nano=START,
        end_time_unix_nano=START - 1,
    )
    return request


def logs() -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    resource = request.resource_logs.add(schema_url="https://schema/resource")
    resource.resource.attributes.extend(attributes({"service.name": "claude-code"}))
    scope = resource.scope_logs.add(schema_url="https://schema/scope")
    scope.scope.name, scope.scope.version = "events", "2"
    scope.scope.attributes.extend(attributes({"s": 1}))
    full = scope.log_records.add(
        time_unix_nano=START,
        observed_time_unix_nano=START + 9,
        severity_number=13,
        severity_text="WARN",
        trace_id=TRACE,
        span_id=SPAN,
        flags=257,
        event_name="api_request",
    )
    full.body.CopyFrom(value({"b": [1, "x"], "a": None}))
    full.attributes.extend(attributes({"tokens": 12, "z": "1", "a": True}))
    bare = scope.log_records.add(observed_time_unix_nano=START + 10)
    bare.body.CopyFrom(value("just text"))
    return request


def metrics() -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    resource = request.resource_metrics.add(schema_url="https://schema/resource")
    resource.resource.attributes.extend(attributes({"service.name": "shop"}))
    scope = resource.scope_metrics.add(schema_url="https://schema/scope")
    scope.scope.name, scope.scope.version = "meter", "3"
    scope.scope.dropped_attributes_count = 2
    scope.scope.attributes.extend(attributes({"s": "1"}))
    times = {"start_time_unix_nano": START, "time_unix_nano": START + 60_000_000_000, "flags": 1}

    gauge = scope.metrics.add(name="depth", description="how deep", unit="1").gauge
    point = gauge.data_points.add(as_int=-7, **times)
    point.attributes.extend(attributes({"queue": "a", "b": 1}))
    exemplar = point.exemplars.add(
        as_double=1.5, time_unix_nano=START, trace_id=TRACE, span_id=SPAN
    )
    exemplar.filtered_attributes.extend(attributes({"f": "1"}))
    point.exemplars.add(as_int=3, time_unix_nano=START + 1)

    total = scope.metrics.add(name="calls", unit="{call}").sum
    total.aggregation_temporality, total.is_monotonic = 2, True
    total.data_points.add(as_double=2.5, **times)

    usage = scope.metrics.add(name="gen_ai.client.token.usage", unit="{token}").histogram
    usage.aggregation_temporality = 1
    usage.data_points.add(
        count=3,
        sum=70.5,
        min=1,
        max=64.5,
        bucket_counts=[1, 2, 0],
        explicit_bounds=[4, 16],
        **times,
    )

    spread = scope.metrics.add(name="spread").exponential_histogram
    spread.aggregation_temporality = 2
    wide = spread.data_points.add(count=9, sum=5.5, scale=-1, zero_count=2, min=0, max=4, **times)
    wide.positive.offset, wide.negative.offset = -3, 2
    wide.positive.bucket_counts.extend([1, 0, 5])
    wide.negative.bucket_counts.extend([1])

    old = scope.metrics.add(name="latency").summary
    quantiles = old.data_points.add(count=10, sum=3.5, **times)
    quantiles.quantile_values.add(quantile=0.5, value=0.25)
    quantiles.quantile_values.add(quantile=0.99, value=1.25)
    return request
