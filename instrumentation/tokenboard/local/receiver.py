"""The OTLP/HTTP receiver: ``POST /v1/traces``, ``/v1/metrics``, ``/v1/logs``.

https://opentelemetry.io/docs/specs/otlp/#otlphttp. An answer of 200 means that every accepted
record is on disk. What does not parse gets 400, what is too large 413, both with a
``google.rpc.Status`` in the request's encoding; a full queue gets 503 with ``Retry-After``, which
the exporters honour.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from tokenboard.local.asgi import (
    BadEncodingError,
    GoneError,
    TooLargeError,
    body,
    decompress,
    headers,
    respond,
)
from tokenboard.local.ingest import InsertError, OverloadedError
from tokenboard.local.otlp import logs, metrics, parse, traces

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from tokenboard.local.asgi import Receive, Scope, Send
    from tokenboard.local.ingest import Ingest
    from tokenboard.local.otlp import Rows

MAX_BODY = 32 * 2**20
# Larger bodies are taken apart in a thread, so that other senders' bytes go on being read.
_INLINE = 32 * 2**10

_PROTOBUF = "application/x-protobuf"
_JSON = "application/json"

# https://grpc.io/docs/guides/status-codes/
_INVALID_ARGUMENT, _RESOURCE_EXHAUSTED, _INTERNAL, _UNAVAILABLE = 3, 8, 13, 14


@dataclass(frozen=True, slots=True)
class _Signal:
    request: Callable[[], Any]
    response: Callable[[], Any]
    rows: Callable[[Any], Rows]
    rejected: str
    kind: str
    count: Callable[[Any], int]


def _points(metric: Any) -> int:
    data = metric.WhichOneof("data")
    return len(getattr(metric, data).data_points) if data else 0


_SIGNALS = {
    "/v1/traces": _Signal(
        trace_service_pb2.ExportTraceServiceRequest,
        trace_service_pb2.ExportTraceServiceResponse,
        traces.rows,
        "rejected_spans",
        "spans",
        lambda sent: sum(len(s.spans) for r in sent.resource_spans for s in r.scope_spans),
    ),
    "/v1/metrics": _Signal(
        metrics_service_pb2.ExportMetricsServiceRequest,
        metrics_service_pb2.ExportMetricsServiceResponse,
        metrics.rows,
        "rejected_data_points",
        "metric_points",
        lambda sent: sum(
            _points(metric)
            for r in sent.resource_metrics
            for s in r.scope_metrics
            for metric in s.metrics
        ),
    ),
    "/v1/logs": _Signal(
        logs_service_pb2.ExportLogsServiceRequest,
        logs_service_pb2.ExportLogsServiceResponse,
        logs.rows,
        "rejected_log_records",
        "log_records",
        lambda sent: sum(len(s.log_records) for r in sent.resource_logs for s in r.scope_logs),
    ),
}


class _RefusedError(Exception):
    def __init__(
        self, status: int, code: int, message: str, extra: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.extra = status, code, message, extra


class Receiver:
    """The ASGI application.

    Args:
        ingest: where rows go.
        max_body: the largest body in bytes, as sent and once decompressed.
    """

    def __init__(self, ingest: Ingest, *, max_body: int = MAX_BODY) -> None:
        self._ingest = ingest
        self._max_body = max_body
        # Bodies being read: what is over this waits unread at its sender's end. It is read before
        # it can be refused, because only then is it known what was refused.
        self._most = ingest.max_pending_bytes // 4
        self._reading = 0
        self._read_some = asyncio.Condition()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        fields = headers(scope)
        kind = fields.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/protobuf":
            kind = _PROTOBUF
        answer_kind = kind if kind in (_PROTOBUF, _JSON) else _JSON
        try:
            signal = _signal(scope, kind)
            rows = await self._receive(signal, kind, fields, receive)
            await self._store(rows)
        except GoneError:
            return
        except _RefusedError as refusal:
            status = Status(code=refusal.code, message=refusal.message)
            await respond(
                send, refusal.status, _encode(status, answer_kind), answer_kind, refusal.extra
            )
            return
        response = signal.response()
        if rows.rejected:
            setattr(response.partial_success, signal.rejected, rows.rejected)
            response.partial_success.error_message = rows.reason
        await respond(send, 200, _encode(response, kind), kind)

    async def _receive(
        self, signal: _Signal, kind: str, fields: dict[str, str], receive: Receive
    ) -> Rows:
        announced = fields.get("content-length")
        weight = int(announced) if announced and announced.isdigit() else self._max_body // 16
        async with self._read_some:
            await self._read_some.wait_for(
                lambda: not self._reading or self._reading + weight <= self._most
            )
            self._reading += weight
        try:
            data = await body(receive, self._max_body, announced)
            if len(data) > _INLINE:
                return await asyncio.to_thread(self._read, signal, kind, fields, data)
            return self._read(signal, kind, fields, data)
        except TooLargeError:
            raise _RefusedError(
                413,
                _INVALID_ARGUMENT,
                f"the body is larger than {self._max_body} bytes: send smaller batches",
            ) from None
        except BadEncodingError as error:
            status = 400 if error.known else 415
            extra = None if error.known else {"accept-encoding": "gzip, deflate"}
            raise _RefusedError(status, _INVALID_ARGUMENT, str(error), extra) from error
        except parse.UnreadableError as error:
            raise _RefusedError(400, _INVALID_ARGUMENT, str(error)) from error
        except OverloadedError as error:
            raise _overloaded(str(error)) from error
        finally:
            async with self._read_some:
                self._reading -= weight
                self._read_some.notify_all()

    def _read(self, signal: _Signal, kind: str, fields: dict[str, str], data: bytes) -> Rows:
        data = decompress(data, fields.get("content-encoding", ""), self._max_body)
        message = signal.request()
        read = parse.from_json if kind == _JSON else parse.protobuf
        message = read(data, message)
        self._ingest.refuse_if_full(len(data), {signal.kind: signal.count(message)})
        return signal.rows(message)

    async def _store(self, rows: Rows) -> None:
        if not rows.blocks:
            return
        try:
            await asyncio.wrap_future(self._ingest.submit(rows))
        except OverloadedError as error:
            raise _overloaded(str(error)) from error
        except InsertError as error:
            if error.passing:
                raise _overloaded(str(error)) from error
            raise _RefusedError(500, _INTERNAL, str(error)) from error


def _signal(scope: Scope, kind: str) -> _Signal:
    path = scope["path"]
    signal = _SIGNALS.get(path)
    if signal is None:
        message = f"no {path!r} here: OTLP goes to /v1/traces, /v1/metrics or /v1/logs"
        raise _RefusedError(404, _INVALID_ARGUMENT, message)
    if scope["method"] != "POST":
        raise _RefusedError(405, _INVALID_ARGUMENT, "OTLP is sent by POST", {"allow": "POST"})
    if kind not in (_PROTOBUF, _JSON):
        message = f"Content-Type {kind!r} is neither {_PROTOBUF} nor {_JSON}"
        raise _RefusedError(415, _INVALID_ARGUMENT, message)
    return signal


def _overloaded(reason: str) -> _RefusedError:
    return _RefusedError(
        503, _UNAVAILABLE, f"not stored, send again: {reason}", extra={"retry-after": "1"}
    )


def _encode(message: Message, kind: str) -> bytes:
    if kind == _JSON:
        return json_format.MessageToJson(message, indent=None).encode()
    return message.SerializeToString()
