"""A span that is started when somebody asks for it, or else when all is known of it.

Starting a span takes longer than all else that has to be done while the app waits, and mostly
nobody looks at a call's span before the call is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.trace import INVALID_SPAN, Span

from tokenboard import mishap

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.trace import SpanContext


class Pending(Span):
    """Stands for a span in a context, and is that span for whoever asks anything of it.

    Safe in any thread without a lock: of two that start it at the same time, the first one's span
    counts and the other's is never ended, so that nobody hears of it.
    """

    __slots__ = ("_begun", "_start")

    def __init__(self, start: Callable[[], Span]) -> None:
        """Make it.

        Args:
            start: starts the span; what it keeps alive is let go afterwards.
        """
        self._start: Callable[[], Span] | None = start
        self._begun: list[Span] = []

    def real(self) -> Span:
        """Return the span itself, started by now."""
        start = self._start
        if start is None:
            return self._begun[0]
        try:
            return self.begin(start())
        except Exception:
            mishap.report("starting a span")
            return self.begin(INVALID_SPAN)

    @property
    def begun(self) -> bool:
        """Whether it has been started."""
        return self._start is None

    def begin(self, span: Span) -> Span:
        """Be ``span`` from now on, unless it is another one already; return which."""
        self._begun.append(span)
        self._start = None
        return self._begun[0]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real(), name)

    def end(self, end_time: int | None = None) -> None:
        """End it."""
        self.real().end(end_time)

    def get_span_context(self) -> SpanContext:
        """Return its ids."""
        return self.real().get_span_context()

    def set_attributes(self, attributes: Any) -> None:
        """Add attributes."""
        self.real().set_attributes(attributes)

    def set_attribute(self, key: str, value: Any) -> None:
        """Add an attribute."""
        self.real().set_attribute(key, value)

    def add_event(self, *args: Any, **kwargs: Any) -> None:
        """Add an event."""
        self.real().add_event(*args, **kwargs)

    def add_link(self, *args: Any, **kwargs: Any) -> None:
        """Add a link."""
        self.real().add_link(*args, **kwargs)

    def update_name(self, name: str) -> None:
        """Rename it."""
        self.real().update_name(name)

    def is_recording(self) -> bool:
        """Whether it is kept."""
        return self.real().is_recording()

    def set_status(self, *args: Any, **kwargs: Any) -> None:
        """Say how it went."""
        self.real().set_status(*args, **kwargs)

    def record_exception(self, *args: Any, **kwargs: Any) -> None:
        """Add an exception."""
        self.real().record_exception(*args, **kwargs)
