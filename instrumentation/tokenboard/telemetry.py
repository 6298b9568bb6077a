"""Facts to spans and metrics; the only file that names ``gen_ai.*``.

What is emitted stands in ``docs/telemetry.md``. Attribute names and buckets are the conventions':
https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ and …/gen-ai-metrics/.
"""

from __future__ import annotations

import math
import threading
from functools import cache, lru_cache
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, StatusCode

from tokenboard import attribution, export, mishap, settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.metrics import Histogram
    from opentelemetry.trace import Span

    from tokenboard import latest
    from tokenboard.wire import RequestFacts, ResponseFacts

SCOPE = "tokenboard"
SCHEMA = "https://opentelemetry.io/schemas/gen-ai/1.42"
_SECONDS = tuple(0.01 * 2**n for n in range(14))
_TOKENS = tuple(4**n for n in range(14))
_USERS = 1_000
_NAMES = 200
"""Values of one metric attribute that a process reports; the rest share ``_other``."""
_OTHER = "_other"
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
    """The tracer and the histograms of one set of providers."""

    __slots__ = ("duration", "first_chunk", "latest", "providers", "tokens", "tracer")

    def __init__(self, providers: export.Providers) -> None:
        self.providers = providers
        self.tracer = providers.traces.get_tracer(SCOPE, _version(), schema_url=SCHEMA)
        meter = providers.metrics.get_meter(SCOPE, _version(), schema_url=SCHEMA)
        self.tokens: Histogram = meter.create_histogram(
            "gen_ai.client.token.usage",
            unit="{token}",
            description="Number of input and output tokens used.",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )
        self.duration: Histogram = meter.create_histogram(
            "gen_ai.client.operation.duration",
            unit="s",
            description="GenAI operation duration.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.first_chunk: Histogram = meter.create_histogram(
            "gen_ai.client.operation.time_to_first_chunk",
            unit="s",
            description="Time from the request to the first chunk of a streamed answer.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.latest: latest.Instruments | None = None
        if settings.current().latest_metrics:
            from tokenboard.latest import Instruments as Latest

            self.latest = Latest(meter, _Bounded(_NAMES), _NO_EXEMPLARS)


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


class _Bounded:
    """Lets so many different values through and calls the rest ``_other``."""

    __slots__ = ("_limit", "_lock", "_seen")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._seen: set[str] = set()
        self._lock = threading.RLock()  # entered again if garbage is collected within

    def __call__(self, value: str) -> str:
        if value in self._seen:
            return value
        with self._lock:
            if len(self._seen) < self._limit:
                self._seen.add(value)
                return value
        return _OTHER


_metric_names = {
    "user.id": _Bounded(_USERS),
    "tokenboard.team": _Bounded(_NAMES),
    "gen_ai.request.model": _Bounded(_NAMES),
    "gen_ai.response.model": _Bounded(_NAMES),
    "server.address": _Bounded(_NAMES),
    "error.type": _Bounded(_NAMES),
}
_NO_EXEMPLARS = Context({SCOPE: "metrics"})
"""Without a span: finding exemplars costs half as much again as the measurement itself."""


@lru_cache(maxsize=4096)
def _labels(
    operation: str, provider: str, token_type: str | None, names: tuple[str | None, ...]
) -> dict[str, str]:
    """Return the attributes of a measurement; ``names`` in the order of ``_metric_names``."""
    found = {"gen_ai.operation.name": operation, "gen_ai.provider.name": provider}
    for (name, bounded), value in zip(_metric_names.items(), names, strict=True):
        if value is not None:
            found[name] = bounded(value)
    if token_type is not None:
        found["gen_ai.token.type"] = token_type
    return found


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
        self._measure(attributes, answer, seconds)

    def _measure(
        self, attributes: dict[str, Any], answer: ResponseFacts | None, seconds: float
    ) -> None:
        asked = self._asked
        operation, provider = asked["gen_ai.operation.name"], asked["gen_ai.provider.name"]
        names: tuple[str | None, ...] = (
            asked.get("user.id"),
            asked.get("tokenboard.team"),
            asked.get("gen_ai.request.model"),
            attributes.get("gen_ai.response.model"),
            asked.get("server.address"),
        )
        made = self._made
        failed = _labels(operation, provider, None, (*names, attributes.get("error.type")))
        names = (*names, None)
        first = attributes.get("gen_ai.response.time_to_first_chunk")
        usage = answer.usage if answer is not None else None
        if made.latest is not None:
            labels = _labels(operation, provider, None, names)
            made.latest.call(seconds, first, usage, labels, failed)
            return
        made.duration.record(seconds, failed, _NO_EXEMPLARS)
        if first is not None:
            made.first_chunk.record(first, _labels(operation, provider, None, names), _NO_EXEMPLARS)
        if usage is None:
            return
        for token_type, count in (("input", usage.input_tokens), ("output", usage.output_tokens)):
            if count is not None:
                labels = _labels(operation, provider, token_type, names)
                made.tokens.record(count, labels, _NO_EXEMPLARS)


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
    measure = made.latest.timer(kind, name) if made.latest is not None else None
    return trace.set_span_in_context(span, context), Operation(span, measure)


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
