"""Metric points → rows of ``otel_metrics_*``, one table a kind of metric."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from tokenboard.local.native import Lists, MapLists, Maps, Numbers, Strings, block
from tokenboard.local.otlp import Rows
from tokenboard.local.otlp.traces import nanoseconds, service_name
from tokenboard.local.otlp.values import AttributeEncoder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )
    from opentelemetry.proto.metrics.v1.metrics_pb2 import (
        Exemplar,
        ExponentialHistogramDataPoint,
        HistogramDataPoint,
        Metric,
        NumberDataPoint,
        ResourceMetrics,
        ScopeMetrics,
        SummaryDataPoint,
    )

    from tokenboard.local.native import Column

    Point = NumberDataPoint | HistogramDataPoint | ExponentialHistogramDataPoint | SummaryDataPoint

TABLES = {
    "gauge": "otel_metrics_gauge",
    "sum": "otel_metrics_sum",
    "histogram": "otel_metrics_histogram",
    "exponential_histogram": "otel_metrics_exponential_histogram",
    "summary": "otel_metrics_summary",
}

_encode = AttributeEncoder()


def rows(request: ExportMetricsServiceRequest) -> Rows:
    """Turn a request into rows, leaving out points with exemplars whose ids cannot be stored."""
    tables: dict[str, _Points] = {}
    rejected, reason = 0, ""
    for resource_metrics in request.resource_metrics:
        for scope_metrics in resource_metrics.scope_metrics:
            origin = _Origin(resource_metrics, scope_metrics)
            for metric in scope_metrics.metrics:
                kind = metric.WhichOneof("data")
                if kind is None:
                    continue
                table = tables.get(kind)
                if table is None:
                    table = tables[kind] = _KINDS[kind]()
                data = getattr(metric, kind)
                for point in data.data_points:
                    try:
                        table.add(metric, data, point, origin)
                    except ValueError as error:
                        rejected += 1
                        reason = f"metric {metric.name!r}: {error}"
    return Rows(
        {TABLES[kind]: block(t.columns, t.count) for kind, t in tables.items() if t.count},
        accepted=sum(table.count for table in tables.values()),
        rejected=rejected,
        reason=reason,
    )


class _Origin:
    """What a scope's metrics share."""

    def __init__(self, resource_metrics: ResourceMetrics, scope_metrics: ScopeMetrics) -> None:
        self.service = service_name(resource_metrics.resource.attributes)
        self.resource = _encode(resource_metrics.resource.attributes)
        self.resource_url = resource_metrics.schema_url
        scope = scope_metrics.scope
        self.scope, self.version = scope.name, scope.version
        self.attributes, self.dropped = _encode(scope.attributes), scope.dropped_attributes_count
        self.scope_url = scope_metrics.schema_url


class _Points(ABC):
    """The columns that all kinds have; a kind adds its own."""

    def __init__(self) -> None:
        self.count = 0
        self.resource, self.resource_url = Maps(_encode), Strings()
        self.scope, self.version = Strings(), Strings()
        self.scope_attributes, self.dropped = Maps(_encode), Numbers("UInt32")
        self.scope_url, self.service = Strings(), Strings()
        self.name, self.description, self.unit = Strings(), Strings(), Strings()
        self.attributes = Maps(_encode)
        self.start, self.time = Numbers("DateTime64(9)"), Numbers("DateTime64(9)")
        self.flags = Numbers("UInt32")
        self.columns: dict[str, Column] = {
            "ResourceAttributes": self.resource,
            "ResourceSchemaUrl": self.resource_url,
            "ScopeName": self.scope,
            "ScopeVersion": self.version,
            "ScopeAttributes": self.scope_attributes,
            "ScopeDroppedAttrCount": self.dropped,
            "ScopeSchemaUrl": self.scope_url,
            "ServiceName": self.service,
            "MetricName": self.name,
            "MetricDescription": self.description,
            "MetricUnit": self.unit,
            "Attributes": self.attributes,
            "StartTimeUnix": self.start,
            "TimeUnix": self.time,
            "Flags": self.flags,
        }

    def add(self, metric: Metric, data: Any, point: Any, origin: _Origin) -> None:
        """Add a point.

        Raises:
            ValueError: it cannot be stored; nothing was added.
        """
        self.own(data, point)
        self.count += 1
        self.resource.add_encoded(origin.resource)
        self.resource_url.add(origin.resource_url)
        self.scope.add(origin.scope)
        self.version.add(origin.version)
        self.scope_attributes.add_encoded(origin.attributes)
        self.dropped.add(origin.dropped)
        self.scope_url.add(origin.scope_url)
        self.service.add(origin.service)
        self.name.add(metric.name)
        self.description.add(metric.description)
        self.unit.add(metric.unit)
        self.attributes.add(point.attributes)
        self.start.add(nanoseconds(point.start_time_unix_nano))
        self.time.add(nanoseconds(point.time_unix_nano))
        self.flags.add(point.flags)

    @abstractmethod
    def own(self, data: Any, point: Any) -> None:
        """Add the columns of the kind."""


class _Exemplars:
    """The columns ``Exemplars.*``."""

    def __init__(self) -> None:
        self.attributes, self.time = MapLists(_encode), Lists(Numbers("DateTime64(9)"))
        self.value = Lists(Numbers("Float64"))
        self.span, self.trace = Lists(Strings()), Lists(Strings())
        self.columns: dict[str, Column] = {
            "Exemplars.FilteredAttributes": self.attributes,
            "Exemplars.TimeUnix": self.time,
            "Exemplars.Value": self.value,
            "Exemplars.SpanId": self.span,
            "Exemplars.TraceId": self.trace,
        }

    def add(self, exemplars: Sequence[Exemplar]) -> None:
        spans = [_padded(exemplar.span_id, 8) for exemplar in exemplars]
        traces = [_padded(exemplar.trace_id, 16) for exemplar in exemplars]
        self.attributes.add([exemplar.filtered_attributes for exemplar in exemplars])
        self.time.add([nanoseconds(exemplar.time_unix_nano) for exemplar in exemplars])
        self.value.add([_number(exemplar) for exemplar in exemplars])
        self.span.add(spans)
        self.trace.add(traces)


def _padded(raw: bytes, length: int) -> str:
    """Return an exemplar's id as hex; the exporter writes an absent one as zeros."""
    if raw and len(raw) != length:
        raise ValueError(f"exemplar with an id of {len(raw)} bytes")
    return raw.hex() if raw else "00" * length


def _number(point: NumberDataPoint | Exemplar) -> float:
    return float(point.as_int) if point.WhichOneof("value") == "as_int" else point.as_double


class _Gauge(_Points):
    def __init__(self) -> None:
        super().__init__()
        self.value, self.exemplars = Numbers("Float64"), _Exemplars()
        self.columns |= {"Value": self.value, **self.exemplars.columns}

    def own(self, data: Any, point: Any) -> None:
        del data
        self.exemplars.add(point.exemplars)
        self.value.add(_number(point))


class _Sum(_Gauge):
    def __init__(self) -> None:
        super().__init__()
        self.temporality, self.monotonic = Numbers("Int32"), Numbers("Bool")
        self.columns |= {
            "AggregationTemporality": self.temporality,
            "IsMonotonic": self.monotonic,
        }

    def own(self, data: Any, point: Any) -> None:
        super().own(data, point)
        self.temporality.add(data.aggregation_temporality)
        self.monotonic.add(data.is_monotonic)


class _Distribution(_Points):
    """What both histograms have."""

    def __init__(self) -> None:
        super().__init__()
        self.exemplars, self.temporality = _Exemplars(), Numbers("Int32")
        self.total, self.sum = Numbers("UInt64"), Numbers("Float64")
        self.min, self.max = Numbers("Float64"), Numbers("Float64")
        self.columns |= {
            "Count": self.total,
            "Sum": self.sum,
            "Min": self.min,
            "Max": self.max,
            "AggregationTemporality": self.temporality,
            **self.exemplars.columns,
        }

    def own(self, data: Any, point: Any) -> None:
        self.exemplars.add(point.exemplars)
        self.total.add(point.count)
        self.sum.add(point.sum)
        self.min.add(point.min)
        self.max.add(point.max)
        self.temporality.add(data.aggregation_temporality)


class _Histogram(_Distribution):
    def __init__(self) -> None:
        super().__init__()
        self.buckets, self.bounds = Lists(Numbers("UInt64")), Lists(Numbers("Float64"))
        self.columns |= {"BucketCounts": self.buckets, "ExplicitBounds": self.bounds}

    def own(self, data: Any, point: Any) -> None:
        super().own(data, point)
        self.buckets.add(point.bucket_counts)
        self.bounds.add(point.explicit_bounds)


class _ExponentialHistogram(_Distribution):
    def __init__(self) -> None:
        super().__init__()
        self.scale, self.zeros = Numbers("Int32"), Numbers("UInt64")
        self.above, self.above_counts = Numbers("Int32"), Lists(Numbers("UInt64"))
        self.below, self.below_counts = Numbers("Int32"), Lists(Numbers("UInt64"))
        self.columns |= {
            "Scale": self.scale,
            "ZeroCount": self.zeros,
            "PositiveOffset": self.above,
            "PositiveBucketCounts": self.above_counts,
            "NegativeOffset": self.below,
            "NegativeBucketCounts": self.below_counts,
        }

    def own(self, data: Any, point: Any) -> None:
        super().own(data, point)
        self.scale.add(point.scale)
        self.zeros.add(point.zero_count)
        self.above.add(point.positive.offset)
        self.above_counts.add(point.positive.bucket_counts)
        self.below.add(point.negative.offset)
        self.below_counts.add(point.negative.bucket_counts)


class _Summary(_Points):
    def __init__(self) -> None:
        super().__init__()
        self.total, self.sum = Numbers("UInt64"), Numbers("Float64")
        self.quantiles, self.values = Lists(Numbers("Float64")), Lists(Numbers("Float64"))
        self.columns |= {
            "Count": self.total,
            "Sum": self.sum,
            "ValueAtQuantiles.Quantile": self.quantiles,
            "ValueAtQuantiles.Value": self.values,
        }

    def own(self, data: Any, point: Any) -> None:
        del data
        self.total.add(point.count)
        self.sum.add(point.sum)
        self.quantiles.add([pair.quantile for pair in point.quantile_values])
        self.values.add([pair.value for pair in point.quantile_values])


_KINDS: dict[str, Callable[[], _Points]] = {
    "gauge": _Gauge,
    "sum": _Sum,
    "histogram": _Histogram,
    "exponential_histogram": _ExponentialHistogram,
    "summary": _Summary,
}
