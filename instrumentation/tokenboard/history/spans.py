"""Calls → OTLP spans as docs/telemetry.md has them; a call's ids are always the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tokenboard.history.turns import Turn

SCOPE: Final = "tokenboard.history"
_MICROSECOND: Final = 1000
_LAST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Owner:
    """For whom the calls are booked, and how that is known: a ``tokenboard.user.source``."""

    user: str
    source: str


def span_id(turn: Turn) -> bytes:
    """Return the span id of a call, from what names it in every copy."""
    return hashlib.blake2b(turn.key.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def request(turns: Sequence[Turn], agent: str, owner: Owner) -> ExportTraceServiceRequest:
    """Return one export of these calls; ``agent`` is the agent's and the service's name."""
    made = ExportTraceServiceRequest()
    for project, group in groupby(
        sorted(turns, key=lambda turn: turn.project), lambda turn: turn.project
    ):
        resource_spans = made.resource_spans.add()
        resource = {"service.name": agent, "service.namespace": project or None}
        resource_spans.resource.attributes.extend(_attributes(resource))
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name = SCOPE
        for turn in group:
            _fill(scope_spans.spans.add(), turn, agent, owner)
    return made


def _fill(span: trace_pb2.Span, turn: Turn, agent: str, owner: Owner) -> None:
    key = turn.key.encode("utf-8", "surrogatepass")
    span.trace_id = hashlib.blake2b(key, digest_size=16).digest()
    span.span_id = span_id(turn)
    span.name = _clean(f"chat {turn.model}".strip())
    span.kind = trace_pb2.Span.SPAN_KIND_CLIENT
    span.start_time_unix_nano = _nanoseconds(turn.began)
    span.end_time_unix_nano = _nanoseconds(turn.ended)
    if turn.error_type:
        span.status.code = trace_pb2.Status.STATUS_CODE_ERROR
    names = [name for name, _ in turn.tools]
    span.attributes.extend(
        _attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": turn.provider,
                "gen_ai.request.model": turn.model or None,
                "gen_ai.response.model": turn.model or None,
                "gen_ai.response.id": turn.response_id or None,
                "gen_ai.response.finish_reasons": [turn.finish_reason]
                if turn.finish_reason
                else None,
                "gen_ai.usage.input_tokens": turn.input,
                "gen_ai.usage.output_tokens": turn.output,
                "gen_ai.usage.cache_read.input_tokens": turn.cache_read,
                "gen_ai.usage.cache_write.input_tokens": turn.cache_write,
                "tokenboard.usage.cache_write_1h.input_tokens": turn.cache_write_1h,
                "gen_ai.usage.reasoning.output_tokens": turn.reasoning,
                "tokenboard.service_tier": turn.service_tier or None,
                "tokenboard.provider_request_id": turn.request_id or None,
                "error.type": turn.error_type or None,
                "http.response.status_code": turn.http_status or None,
                "session.id": turn.session or None,
                "user.id": owner.user or None,
                "tokenboard.user.source": owner.source,
                "gen_ai.agent.name": agent,
                "tokenboard.agent.depth": turn.depth,
                "tokenboard.trigger": turn.trigger or None,
                "tokenboard.tool_calls.names": names or None,
                "tokenboard.tool_calls.hashes": [hashed for _, hashed in turn.tools] or None,
                "tokenboard.tool_results.hashes": list(turn.results) or None,
            }
        )
    )


def _nanoseconds(moment: datetime) -> int:
    # whole microseconds: a float's seconds are not exact
    # before 1970 and after 2262 there is none: such a clock is wrong either way
    return min(max(round(moment.timestamp() * 1_000_000), 0) * _MICROSECOND, _LAST)


def _attributes(said: dict[str, Any]) -> list[KeyValue]:
    return [
        KeyValue(key=name, value=_value(value)) for name, value in said.items() if value is not None
    ]


def _value(value: Any) -> AnyValue:
    if isinstance(value, int):
        # beyond 64 bits as text: the books call it no count
        return (
            AnyValue(int_value=value) if abs(value) < 2**63 else AnyValue(string_value=str(value))
        )
    if isinstance(value, list):
        members = [AnyValue(string_value=_clean(str(each))) for each in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return AnyValue(array_value=ArrayValue(values=members))
    return AnyValue(string_value=_clean(str(value)))


def _clean(text: str) -> str:
    """Return text that protobuf takes: JSON can hold half a surrogate pair."""
    return text.encode("utf-8", "replace").decode() if not _plain(text) else text


def _plain(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def fingerprint(turn: Turn, owner: Owner) -> tuple[object, ...]:
    """Return what of a call the books can be asked for: equal when it is there already."""
    counts = (turn.input, turn.output, turn.cache_read, turn.cache_write)
    return (owner.user, turn.session, turn.model, len(turn.tools), *counts)
