"""What an app's own OpenTelemetry would have seen: finished spans, kept in memory."""

from __future__ import annotations

from functools import cache

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@cache
def exporter() -> InMemorySpanExporter:
    """Keep the spans of the process's global provider, which is made if there is none yet."""
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    found = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(found))
    return found


@cache
def reader() -> InMemoryMetricReader:
    """Keep the metrics of the process's global provider; the app has none of its own yet."""
    found = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider(metric_readers=[found]))
    return found


def calls() -> list:
    """The spans of calls to models, in the order they ended."""
    return [span for span in exporter().get_finished_spans() if span.kind is trace.SpanKind.CLIENT]
