"""Says on every span whose work it is, also on those of other instrumentations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry import context as otel
from opentelemetry.sdk.trace import SpanProcessor

from tokenboard import backlog, mishap, telemetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

_NOBODY = {"tokenboard.user.source": "none"}


class Stamper(SpanProcessor):
    """Stamps user, team, session, agent and task on spans as they start; replaces nothing.

    Args:
        ended: called for each sampled span that ends, before it is exported.
    """

    def __init__(self, ended: Callable[[], None] | None = None) -> None:
        self._ended = ended

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Stamp a span that is not ours: ours are born with it."""
        try:
            scope = span.instrumentation_scope
            if scope is not None and scope.name == telemetry.SCOPE:
                return
            known = telemetry.stamps(parent_context or otel.get_current())
            if known == _NOBODY:
                return
            there = span.attributes or {}
            span.set_attributes({name: known[name] for name in known if name not in there})
        except Exception:
            mishap.report("stamping a span")

    def on_end(self, span: ReadableSpan) -> None:
        """Tell that a span ended."""
        if self._ended is not None and span.context is not None and span.context.trace_flags:
            self._ended()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Have the spans of ours end that are still to be filled in."""
        return backlog.drain(timeout_millis / 1000)

    def shutdown(self) -> None:
        """Likewise, before the processors that export them."""
        backlog.drain()


def first_in(active: Any) -> bool:
    """Whether a provider's processor asks ours before all others."""
    if type(active).__name__ != _IN_TURN:
        return False
    return any(isinstance(each, Stamper) for each in active._span_processors[:1])  # noqa: SLF001 - there is no public way to ask


def on(provider: Any, ended: Callable[[], None] | None = None) -> None:
    """Have ``provider`` stamp its spans from now on, once; if it is one that can.

    Args:
        provider: a tracer provider of any kind.
        ended: see ``Stamper``.
    """
    add = getattr(provider, "add_span_processor", None)
    if add is None or getattr(provider, _MARK, False):
        return
    try:
        setattr(provider, _MARK, True)
        add(stamper := Stamper(ended))
        _to_the_front(getattr(provider, "_active_span_processor", None), stamper)
    except Exception:
        mishap.report("adding the span processor")


def _to_the_front(active: Any, stamper: Stamper) -> None:
    """Be asked before the exporting ones, so that a flush finds our spans ended.

    Where the SDK keeps its processors otherwise, nothing is done and our spans end at once.
    """
    if type(active).__name__ == _IN_TURN:
        with active._lock:  # noqa: SLF001 - there is no public way to be the first
            others = tuple(each for each in active._span_processors if each is not stamper)  # noqa: SLF001 - as above
            active._span_processors = (stamper, *others)  # noqa: SLF001 - as above


_MARK = "_tokenboard_stamps"
_IN_TURN = "SynchronousMultiSpanProcessor"
