"""Spans → rows of ``otel_traces``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenboard.local.native import Lists, MapLists, Maps, Numbers, Strings, block
from tokenboard.local.otlp import Rows
from tokenboard.local.otlp.values import AttributeEncoder, as_string, identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

    from tokenboard.local.native import Column

TABLE = "otel_traces"

KINDS = ("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer")
STATUSES = ("Unset", "Ok", "Error")

_encode = AttributeEncoder()


def name_of(names: tuple[str, ...], number: int) -> str:
    """Return an enum's name; '' for a number that this version of the protocol does not have."""
    return names[number] if 0 <= number < len(names) else ""


def nanoseconds(stamp: int) -> int:
    """Return an OTLP time (unsigned) as the table's signed one, wrapped as Go wraps it."""
    return stamp if stamp < 2**63 else stamp - 2**64


def rows(request: ExportTraceServiceRequest) -> Rows:
    """Turn a request into rows, leaving out spans whose ids cannot be stored."""
    table = _Table()
    rejected, reason = 0, ""
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            origin = _Origin(resource_spans, scope_spans)
            for span in scope_spans.spans:
                try:
                    ids = _ids(span)
                except ValueError as error:
                    rejected += 1
                    reason = f"span {span.name!r}: {error}"
                else:
                    table.add(span, ids, origin)
    return Rows(
        {TABLE: block(table.columns, table.count)} if table.count else {},
        accepted=table.count,
        rejected=rejected,
        reason=reason,
    )


def service_name(attributes: Iterable[KeyValue]) -> str:
    """Return the resource's ``service.name`` as text, '' without one."""
    for pair in attributes:
        if pair.key == "service.name":
            return as_string(pair.value)
    return ""


def _ids(span: Span) -> tuple[str, str, str, list[tuple[str, str]]]:
    return (
        identifier(span.trace_id, 16),
        identifier(span.span_id, 8),
        identifier(span.parent_span_id, 8),
        [(identifier(link.trace_id, 16), identifier(link.span_id, 8)) for link in span.links],
    )


class _Origin:
    """What a scope's spans share."""

    def __init__(self, resource_spans: ResourceSpans, scope_spans: ScopeSpans) -> None:
        self.service = service_name(resource_spans.resource.attributes)
        self.resource = _encode(resource_spans.resource.attributes)
        self.scope, self.version = scope_spans.scope.name, scope_spans.scope.version


class _Table:
    def __init__(self) -> None:
        self.count = 0
        self.time = Numbers("DateTime64(9)")
        self.trace, self.span, self.parent, self.state = Strings(), Strings(), Strings(), Strings()
        self.name, self.kind, self.service = Strings(), Strings(), Strings()
        self.resource, self.attributes = Maps(_encode), Maps(_encode)
        self.scope, self.version = Strings(), Strings()
        self.duration = Numbers("UInt64")
        self.status, self.message = Strings(), Strings()
        self.event_time = Lists(Numbers("DateTime64(9)"))
        self.event_name = Lists(Strings())
        self.event_attributes = MapLists(_encode)
        self.link_trace, self.link_span = Lists(Strings()), Lists(Strings())
        self.link_state, self.link_attributes = Lists(Strings()), MapLists(_encode)
        self.columns: dict[str, Column] = {
            "Timestamp": self.time,
            "TraceId": self.trace,
            "SpanId": self.span,
            "ParentSpanId": self.parent,
            "TraceState": self.state,
            "SpanName": self.name,
            "SpanKind": self.kind,
            "ServiceName": self.service,
            "ResourceAttributes": self.resource,
            "ScopeName": self.scope,
            "ScopeVersion": self.version,
            "SpanAttributes": self.attributes,
            "Duration": self.duration,
            "StatusCode": self.status,
            "StatusMessage": self.message,
            "Events.Timestamp": self.event_time,
            "Events.Name": self.event_name,
            "Events.Attributes": self.event_attributes,
            "Links.TraceId": self.link_trace,
            "Links.SpanId": self.link_span,
            "Links.TraceState": self.link_state,
            "Links.Attributes": self.link_attributes,
        }

    def add(
        self, span: Span, ids: tuple[str, str, str, list[tuple[str, str]]], origin: _Origin
    ) -> None:
        trace, own, parent, linked = ids
        start = span.start_time_unix_nano
        self.count += 1
        self.time.add(nanoseconds(start))
        self.trace.add(trace)
        self.span.add(own)
        self.parent.add(parent)
        self.state.add(span.trace_state)
        self.name.add(span.name)
        self.kind.add(name_of(KINDS, span.kind))
        self.service.add(origin.service)
        self.resource.add_encoded(origin.resource)
        self.scope.add(origin.scope)
        self.version.add(origin.version)
        self.attributes.add(span.attributes)
        # A span that ends before it starts wraps around, as in the exporter: raw stays raw.
        self.duration.add((span.end_time_unix_nano - start) % 2**64)
        self.status.add(name_of(STATUSES, span.status.code))
        self.message.add(span.status.message)
        events, links = span.events, span.links
        self.event_time.add([nanoseconds(event.time_unix_nano) for event in events])
        self.event_name.add([event.name for event in events])
        self.event_attributes.add([event.attributes for event in events])
        self.link_trace.add([trace_id for trace_id, _ in linked])
        self.link_span.add([span_id for _, span_id in linked])
        self.link_state.add([link.trace_state for link in links])
        self.link_attributes.add([link.attributes for link in links])
