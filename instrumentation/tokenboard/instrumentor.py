"""For ``opentelemetry-instrument python app.py``: capture without any import in the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.instrumentation.instrumentor import (  # type: ignore[attr-defined] - untyped
    BaseInstrumentor,
)

from tokenboard.setup import init

if TYPE_CHECKING:
    from collections.abc import Collection


class TokenboardInstrumentor(BaseInstrumentor):
    """The entry point ``tokenboard`` of ``opentelemetry_instrumentor``."""

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return nothing: whatever HTTP client there is, is hooked when it is imported."""
        return ()

    def _instrument(self, **kwargs: Any) -> None:
        init(
            tracer_provider=kwargs.get("tracer_provider"),
            meter_provider=kwargs.get("meter_provider"),
        )

    def _uninstrument(self, **kwargs: Any) -> None:
        del kwargs
        from tokenboard.setup import stop

        stop()
