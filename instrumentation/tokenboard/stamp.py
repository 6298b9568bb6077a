"""Says on every span whose work it is, also on those of other instrumentations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry import context as otel
from opentelemetry.sdk.trace import SpanProcessor

from tokenboard import mishap, telemetry

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import Span

_NOBODY = {"tokenboard.user.source": "none"}


class Stamper(SpanProcessor):
    """Stamps user, team, session, agent and task on spans as they start; replaces nothing."""

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


def on(provider: Any) -> None:
    """Have ``provider`` stamp its spans from now on, once; if it is one that can."""
    add = getattr(provider, "add_span_processor", None)
    if add is None or getattr(provider, _MARK, False):
        return
    try:
        setattr(provider, _MARK, True)
        add(Stamper())
    except Exception:
        mishap.report("adding the span processor")


_MARK = "_tokenboard_stamps"
