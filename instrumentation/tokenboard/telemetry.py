"""Facts to spans; what is emitted stands in ``docs/telemetry.md``.

Attribute names are the conventions': https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
This file names the spans' ``gen_ai.*``; ``meters`` and ``latest`` those of the metrics.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, StatusCode

from tokenboard import attribution, backlog, export, frameworks, meters, mishap, settings
from tokenboard.pending import Pending

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.trace import Span

    from tokenboard import wire
    from tokenboard.wire import RequestFacts, ResponseFacts

SCOPE = "tokenboard"
SCHEMA = "https://opentelemetry.io/schemas/gen-ai/1.42"
_BAD_REQUEST = 400
(SPAN,) = trace.set_span_in_context(trace.INVALID_SPAN, Context())
"""The key of the current span: one copy of a context is enough for all that is laid on it."""


def stamps(context: Context) -> dict[str, Any]:
    """Return the attributes that say whose work a span is that starts here, in ``context``."""
    return stamped(context, frameworks.agent())


def stamped(context: Context, agent: str | None) -> dict[str, Any]:
    """Return them where ``frameworks`` has named the agent before; any thread may ask."""
    return dict(_stamped(attribution.of(context, local=_local(), agent=agent)))


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

    @property
    def patient(self) -> bool:
        """Whether nobody sees it if spans start and end a moment late."""
        return backlog.tolerated(self.providers.traces)


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

    ``span`` is to be laid into the context in which the call is made. If nobody asks for it before
    the call is over, it starts when the call is written down, which any thread may do.
    """

    __slots__ = ("_agent", "_asked", "_context", "_first", "_made", "_name", "_started", "span")

    def __init__(
        self, asked: wire.Asked, context: Context, began: tuple[float, int], made: Instruments
    ) -> None:
        """Note where and when the call is made.

        Args:
            asked: the request.
            context: where the call is made.
            began: when, by ``perf_counter`` and ``time_ns``.
            made: what emits it.
        """
        self._asked = asked
        self._context = context
        self._started = began
        self._made = made
        self._agent = frameworks.agent()
        self._first: float | None = None
        self._name: str | None = None
        self.span = Pending(self._start)

    def _start(self) -> Span:
        asked, endpoint = self._asked, self._asked.endpoint
        if not asked.is_call:
            return trace.INVALID_SPAN
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": asked.operation,
            "gen_ai.provider.name": endpoint.provider,
        }
        if asked.model:
            attributes["gen_ai.request.model"] = asked.model
        if endpoint.host:
            attributes["server.address"] = endpoint.host
        self._name = _named(attributes)
        return self._span(self._name, attributes)

    def _span(self, name: str, attributes: dict[str, Any]) -> Span:
        return self._made.tracer.start_span(
            name, self._context, SpanKind.CLIENT, attributes, start_time=self._started[1]
        )

    def moved(self, context: Context, began: tuple[float, int]) -> None:
        """Take in that the call was begun elsewhere, by another request; before it is started."""
        self._context = context
        self._started = began

    def drop(self) -> None:
        """Let go: it turned out to be no call."""
        if not self.span.begun:
            self.span.begin(trace.INVALID_SPAN)

    def first_chunk(self) -> None:
        """Note that the answer begins to arrive."""
        if self._first is None:
            self._first = perf_counter() - self._started[0]

    def end(self, asked: dict[str, Any], ending: Ending) -> None:
        """Write down what became of it; to be called once.

        Args:
            asked: what ``request_attributes`` says of the request.
            ending: how it ended.
        """
        answer, error = ending.answer, ending.error
        attributes = {**asked, **stamped(self._context, self._agent), **ending.content}
        if ending.status is not None:
            attributes["http.response.status_code"] = ending.status
        if answer is not None:
            attributes.update(response_attributes(answer))
            error = error or answer.error_type
        if error is None and ending.status is not None and ending.status >= _BAD_REQUEST:
            error = str(ending.status)
        first = None
        if ending.streamed:
            if answer is not None and not answer.finished and not answer.finish_reasons:
                # The conventions' word for an expected finish reason that never came.
                attributes["gen_ai.response.finish_reasons"] = ("error",)
            if error is None and self._first is not None:
                first = attributes["gen_ai.response.time_to_first_chunk"] = self._first
        if error is not None:
            attributes["error.type"] = error
        span = self._filled(attributes)
        if error is not None:
            span.set_status(StatusCode.ERROR)
        span.end(ending.at_ns)
        if answer is not None and answer.deferred:
            return  # measured when its usage comes
        self._made.meters.call(
            meters.Attempt(
                attributes["gen_ai.operation.name"],
                attributes["gen_ai.provider.name"],
                (
                    attributes.get("user.id"),
                    attributes.get("tokenboard.team"),
                    attributes.get("gen_ai.request.model"),
                    attributes.get("gen_ai.response.model"),
                    attributes.get("server.address"),
                ),
                error,
                ending.at - self._started[0],
                first,
                ending.chunks,
                answer.usage if answer is not None else None,
            )
        )

    def _filled(self, attributes: dict[str, Any]) -> Span:
        """Return the span with these attributes, started with them if it was not before."""
        name, pending = _named(attributes), self.span
        if not pending.begun:
            fresh = self._span(name, attributes)
            if pending.begin(fresh) is fresh:
                return fresh
        span = pending.real()
        if name != self._name:
            span.update_name(name)
        span.set_attributes(attributes)
        return span


def _named(attributes: dict[str, Any]) -> str:
    operation: str = attributes["gen_ai.operation.name"]
    model: str | None = attributes.get("gen_ai.request.model")
    return f"{operation} {model}" if model else operation


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt at a call ended.

    ``answer`` is what the answer told and ``status`` the HTTP status, if one came; ``error`` is
    why the call failed on our side of the wire; ``at`` and ``at_ns`` are when, by ``perf_counter``
    (seconds) and ``time_ns``; ``streamed`` is whether the answer came chunk by chunk; ``chunks``
    are the times by ``perf_counter`` when each one came, where that is measured; ``content`` are
    the attributes of what was said, where the app wants them.
    """

    answer: ResponseFacts | None
    status: int | None
    error: str | None
    at: float
    at_ns: int
    streamed: bool
    chunks: tuple[float, ...]
    content: dict[str, str]


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
        "tokenboard.tool_results.errors": sum(facts.tool_result_errors) or None,
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
