"""Facts to spans; what is emitted stands in ``docs/telemetry.md``.

Attribute names are the conventions': https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
This file names the spans' ``gen_ai.*``; ``meters`` and ``latest`` those of the metrics.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from tokenboard import attribution, export, meters, mishap, settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context
    from opentelemetry.trace import Span

    from tokenboard.wire import RequestFacts, ResponseFacts

SCOPE = "tokenboard"
SCHEMA = "https://opentelemetry.io/schemas/gen-ai/1.42"
_BAD_REQUEST = 400


def stamps(context: Context) -> dict[str, Any]:
    """Return the attributes that say whose work a span in ``context`` is."""
    return dict(_stamped(attribution.of(context, local=_local())))


@lru_cache(maxsize=1024)
def _stamped(who: attribution.Attribution) -> dict[str, Any]:
    return _said(
        {
            "user.id": who.user,
            "tokenboard.user.source": who.source,
            "tokenboard.team": who.team,
            "session.id": who.session,
            "gen_ai.agent.name": who.agent,
            "tokenboard.agent.depth": who.depth,
            "tokenboard.task.id": who.task,
        }
    )


def _local() -> bool:
    return export.providers().local


class Instruments:
    """The tracer and the meters of one set of providers."""

    __slots__ = ("meters", "providers", "tracer")

    def __init__(self, providers: export.Providers) -> None:
        self.providers = providers
        self.tracer = providers.traces.get_tracer(SCOPE, _version(), schema_url=SCHEMA)
        meter = providers.metrics.get_meter(SCOPE, _version(), schema_url=SCHEMA)
        self.meters = meters.Meters(meter, latest=settings.current().latest_metrics)


_instruments: Instruments | None = None


def instruments() -> Instruments:
    """Return the instruments for the providers in force; made anew when those change."""
    global _instruments  # noqa: PLW0603 - follows the providers of the process
    providers = export.providers()
    found = _instruments
    if found is None or found.providers is not providers:
        found = _instruments = Instruments(providers)
    return found


@cache
def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tokenboard")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return ""


class Call:
    """One attempt at a call to a model: a span and its metrics.

    ``context`` has the span in it: what is current while the request is being sent. ``began`` is
    when it began, by ``perf_counter`` and ``time_ns``.
    """

    __slots__ = ("_asked", "_first", "_made", "_span", "_started", "context")

    def __init__(
        self,
        facts: RequestFacts,
        host: str,
        port: int | None,
        context: Context,
        *,
        began: tuple[float, int],
    ) -> None:
        made = instruments()
        attributes = request_attributes(facts, host, port)
        attributes.update(stamps(context))
        self._made = made
        self._asked = attributes
        self._first: float | None = None
        name = f"{facts.operation} {facts.model}" if facts.model else facts.operation
        self._span: Span = made.tracer.start_span(
            name, context=context, kind=SpanKind.CLIENT, attributes=attributes, start_time=began[1]
        )
        self.context = trace.set_span_in_context(self._span, context)
        self._started = began[0]

    def first_chunk(self) -> None:
        """Note that the answer begins to arrive."""
        if self._first is None:
            self._first = perf_counter() - self._started

    def say(self, content: dict[str, str]) -> None:
        """Have the span say what was said; only where the app wants it."""
        self._span.set_attributes(content)

    def end(
        self,
        answer: ResponseFacts | None,
        status: int | None,
        *,
        error: str | None = None,
        streamed: bool = False,
        at: tuple[float, int] | None = None,
    ) -> None:
        """Write down what became of it; to be called once.

        Args:
            answer: what the answer told, if one came.
            status: the HTTP status, if one came.
            error: why the call failed on our side of the wire.
            streamed: whether the answer came chunk by chunk.
            at: when it ended, by ``perf_counter`` and ``time_ns``; now, if not given.
        """
        now, now_ns = at or (perf_counter(), time_ns())
        seconds = now - self._started
        attributes: dict[str, Any] = {}
        if status is not None:
            attributes["http.response.status_code"] = status
        if answer is not None:
            attributes |= response_attributes(answer)
            error = error or answer.error_type
        if error is None and status is not None and status >= _BAD_REQUEST:
            error = str(status)
        if streamed and answer is not None and not answer.finished and not answer.finish_reasons:
            # "error" is the conventions' word for an expected finish reason that never came.
            attributes["gen_ai.response.finish_reasons"] = ("error",)
        if streamed and self._first is not None and error is None:
            attributes["gen_ai.response.time_to_first_chunk"] = self._first
        if error is not None:
            attributes["error.type"] = error
        span = self._span
        span.set_attributes(attributes)
        if error is not None:
            span.set_status(StatusCode.ERROR)
        span.end(now_ns)
        asked = self._asked
        self._made.meters.call(
            meters.Attempt(
                asked["gen_ai.operation.name"],
                asked["gen_ai.provider.name"],
                (
                    asked.get("user.id"),
                    asked.get("tokenboard.team"),
                    asked.get("gen_ai.request.model"),
                    attributes.get("gen_ai.response.model"),
                    asked.get("server.address"),
                ),
                error,
                seconds,
                attributes.get("gen_ai.response.time_to_first_chunk"),
                answer.usage if answer is not None else None,
            )
        )


def request_attributes(facts: RequestFacts, host: str, port: int | None) -> dict[str, Any]:
    """Return what is known before the request is sent."""
    found: dict[str, Any] = {
        "gen_ai.operation.name": facts.operation,
        "gen_ai.provider.name": facts.provider,
        "gen_ai.request.model": facts.model,
        "gen_ai.request.stream": facts.stream or None,
        "gen_ai.request.previous_response.id": facts.previous_response_id,
        "gen_ai.conversation.id": facts.conversation_id,
        "server.address": host or None,
        "server.port": port,
        "tokenboard.attempt": facts.attempt,
        "tokenboard.end_user.id": facts.end_user_id,
        "tokenboard.conversation": facts.conversation_hash,
        "tokenboard.trigger": facts.trigger,
        "tokenboard.prompt.hash": facts.prompt_hash,
        "tokenboard.request.messages": facts.messages,
        "tokenboard.request.bytes": facts.bytes or None,
        "tokenboard.tool_results.hashes": facts.tool_result_hashes or None,
    }
    for name, value in facts.parameters.items():
        found[f"gen_ai.request.{name}"] = value
    return _said(found)


def response_attributes(answer: ResponseFacts) -> dict[str, Any]:
    """Return what the answer told."""
    found: dict[str, Any] = {
        "gen_ai.conversation.id": answer.conversation_id,
        "gen_ai.response.id": answer.response_id,
        "gen_ai.response.model": answer.model,
        "gen_ai.response.finish_reasons": answer.finish_reasons or None,
        "tokenboard.service_tier": answer.service_tier,
        "tokenboard.provider_request_id": answer.provider_request_id,
        "tokenboard.tool_calls.names": answer.tool_names or None,
        "tokenboard.tool_calls.hashes": answer.tool_hashes or None,
    }
    usage = answer.usage
    if usage is not None:
        cost = usage.reported_cost_usd
        found |= {
            "gen_ai.usage.input_tokens": usage.input_tokens,
            "gen_ai.usage.output_tokens": usage.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens,
            "gen_ai.usage.cache_write.input_tokens": usage.cache_write_tokens,
            "tokenboard.usage.cache_write_1h.input_tokens": usage.cache_write_1h_tokens,
            "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
            "tokenboard.usage.audio.input_tokens": usage.audio_input_tokens,
            "tokenboard.usage.audio.output_tokens": usage.audio_output_tokens,
            "tokenboard.reported_cost_usd": None if cost is None else format(cost, "f"),
        }
    return _said(found)


def _said(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not None}


class Operation:
    """An agent, a tool or a task at work: an INTERNAL span."""

    __slots__ = ("_measure", "_span")

    def __init__(self, span: Span, measure: Callable[[str | None], None] | None = None) -> None:
        self._span = span
        self._measure = measure

    def set(self, attributes: dict[str, Any]) -> None:
        """Add attributes."""
        self._span.set_attributes(attributes)

    def end(self, error: BaseException | None) -> None:
        """End the span; an exception is its error, a generator that is closed is none."""
        try:
            failure: str | None = None
            if error is not None and not isinstance(error, GeneratorExit):
                failure = type(error).__qualname__
                self._span.set_attribute("error.type", failure)
                self._span.set_status(StatusCode.ERROR)
            self._span.end()
            if self._measure is not None:
                self._measure(failure)
        except Exception:
            mishap.report("ending a span")


def begin_operation(
    kind: str, name: str | None, context: Context, call_id: str | None = None
) -> tuple[Context, Operation | None]:
    """Start the span of an agent, a tool or a task, as a child of what ``context`` has.

    Args:
        kind: ``invoke_agent``, ``execute_tool`` or ``task``.
        name: of the agent, tool or task.
        context: with the work in hand already changed.
        call_id: of the tool call that the tool answers.
    """
    if not settings.capturing():
        return context, None
    attributes = stamps(context)
    if kind != "task":
        attributes["gen_ai.operation.name"] = kind
    if kind == "execute_tool":
        if name:
            attributes["gen_ai.tool.name"] = name
        if call_id:
            attributes["gen_ai.tool.call.id"] = call_id
    made = instruments()
    span = made.tracer.start_span(
        f"{kind} {name}" if name else kind, context=context, attributes=attributes
    )
    return trace.set_span_in_context(span, context), Operation(span, made.meters.timer(kind, name))


def task_outcome(
    operation: Operation | None,
    outcome: str,
    review_minutes: float | None,
    score: float | None,
    reason: str | None,
) -> None:
    """Write a task's outcome on its span."""
    if operation is None:
        return
    found = {
        "tokenboard.task.outcome": outcome,
        "tokenboard.task.review_minutes": _number(review_minutes),
        "tokenboard.task.score": _number(score),
        "tokenboard.task.reason": reason,
    }
    operation.set({name: value for name, value in found.items() if value is not None})


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
