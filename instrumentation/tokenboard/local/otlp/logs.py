"""Log records → rows of ``otel_logs``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenboard.local.native import Maps, Numbers, Strings, block
from tokenboard.local.otlp import Rows
from tokenboard.local.otlp.traces import nanoseconds, service_name
from tokenboard.local.otlp.values import AttributeEncoder, as_string, identifier

if TYPE_CHECKING:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

    from tokenboard.local.native import Column

TABLE = "otel_logs"

_encode = AttributeEncoder()


def rows(request: ExportLogsServiceRequest) -> Rows:
    """Turn a request into rows, leaving out records whose ids cannot be stored."""
    table = _Table()
    rejected, reason = 0, ""
    for resource_logs in request.resource_logs:
        for scope_logs in resource_logs.scope_logs:
            origin = _Origin(resource_logs, scope_logs)
            for record in scope_logs.log_records:
                try:
                    ids = identifier(record.trace_id, 16), identifier(record.span_id, 8)
                except ValueError as error:
                    rejected += 1
                    reason = f"log record: {error}"
                else:
                    table.add(record, ids, origin)
    return Rows(
        {TABLE: block(table.columns, table.count)} if table.count else {},
        accepted=table.count,
        rejected=rejected,
        reason=reason,
    )


class _Origin:
    """What a scope's records share."""

    def __init__(self, resource_logs: ResourceLogs, scope_logs: ScopeLogs) -> None:
        self.service = service_name(resource_logs.resource.attributes)
        self.resource = _encode(resource_logs.resource.attributes)
        self.resource_url = resource_logs.schema_url
        self.scope = scope_logs.scope.name
        self.version = scope_logs.scope.version
        self.attributes = _encode(scope_logs.scope.attributes)
        self.scope_url = scope_logs.schema_url


class _Table:
    def __init__(self) -> None:
        self.count = 0
        self.time = Numbers("DateTime64(9)")
        self.trace, self.span, self.flags = Strings(), Strings(), Numbers("UInt8")
        self.severity, self.level = Strings(), Numbers("UInt8")
        self.service, self.body = Strings(), Strings()
        self.resource_url, self.resource = Strings(), Maps(_encode)
        self.scope_url, self.scope, self.version = Strings(), Strings(), Strings()
        self.scope_attributes, self.attributes = Maps(_encode), Maps(_encode)
        self.event = Strings()
        self.columns: dict[str, Column] = {
            "Timestamp": self.time,
            "TraceId": self.trace,
            "SpanId": self.span,
            "TraceFlags": self.flags,
            "SeverityText": self.severity,
            "SeverityNumber": self.level,
            "ServiceName": self.service,
            "Body": self.body,
            "ResourceSchemaUrl": self.resource_url,
            "ResourceAttributes": self.resource,
            "ScopeSchemaUrl": self.scope_url,
            "ScopeName": self.scope,
            "ScopeVersion": self.version,
            "ScopeAttributes": self.scope_attributes,
            "LogAttributes": self.attributes,
            "EventName": self.event,
        }

    def add(self, record: LogRecord, ids: tuple[str, str], origin: _Origin) -> None:
        self.count += 1
        self.time.add(nanoseconds(record.time_unix_nano or record.observed_time_unix_nano))
        self.trace.add(ids[0])
        self.span.add(ids[1])
        self.flags.add(record.flags & 255)
        self.severity.add(record.severity_text)
        self.level.add(record.severity_number & 255)
        self.service.add(origin.service)
        self.body.add(as_string(record.body))
        self.resource_url.add(origin.resource_url)
        self.resource.add_encoded(origin.resource)
        self.scope_url.add(origin.scope_url)
        self.scope.add(origin.scope)
        self.version.add(origin.version)
        self.scope_attributes.add_encoded(origin.attributes)
        self.attributes.add(record.attributes)
        self.event.add(record.event_name)
