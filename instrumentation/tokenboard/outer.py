"""Calls that another instrumentation is already recording: its span gets our facts.

OpenTelemetry's own GenAI instrumentations leave a data object in the context while they record a
call, for instrumentations further in to fill in instead of emitting a second span
(``opentelemetry-util-genai``, "Nested instrumentation suppression and enrichment",
https://github.com/open-telemetry/opentelemetry-python-contrib/tree/main/util/opentelemetry-util-genai).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

from tokenboard import telemetry

if TYPE_CHECKING:
    from opentelemetry.context import Context


_INFERENCE = "opentelemetry.genai.client.inference.context"
_EMBEDDING = "opentelemetry.genai.client.embedding.context"


def told(context: Context) -> bool:
    """Whether an instrumentation may be recording this call."""
    return _INFERENCE in context or _EMBEDDING in context


def recording(operation: str, context: Context) -> Any:
    """Return the data object of an instrumentation that records this call, or None."""
    data = context.get(_EMBEDDING if operation == "embeddings" else _INFERENCE)
    if data is None or not isinstance(getattr(data, "attributes", None), dict):
        return None
    # A span that nobody keeps would swallow the call.
    return data if trace.get_current_span(context).is_recording() else None


def mark(inside: dict[str, Any]) -> None:
    """Tell instrumentations further in that this call is being recorded: by us."""
    module = sys.modules.get("opentelemetry.util.genai.invocation")
    kind = getattr(module, "InferenceData", None)
    if kind is not None:
        inside[_INFERENCE] = kind()


class Call:
    """Stands in for ``telemetry.Call``: writes the facts where the other one finds them."""

    __slots__ = ("_context", "_data")

    span = None

    def __init__(self, data: Any, context: Context) -> None:
        self._data = data
        self._context = context

    def drop(self) -> None:
        """The other one has its own span."""

    def moved(self, context: Context, _began: tuple[float, int]) -> None:
        """Take in whose call it is."""
        self._context = context

    def first_chunk(self) -> None:
        """The other one measures."""

    def end(self, asked: dict[str, Any], ending: telemetry.Ending) -> None:
        """Hand over what is known, unless this attempt failed: the next one may succeed."""
        answer = ending.answer
        if answer is None or ending.error is not None or answer.error_type is not None:
            return
        known = {**asked, **telemetry.stamps(self._context)}
        known.update(telemetry.response_attributes(answer))
        self._data.attributes.update(known)
        usage = answer.usage
        for field, value in (
            ("response_id", answer.response_id),
            ("response_model", answer.model),
            ("response_finish_reasons", list(answer.finish_reasons) or None),
            ("usage_input_tokens", usage and usage.input_tokens),
            ("usage_output_tokens", usage and usage.output_tokens),
            ("usage_cache_read_input_tokens", usage and usage.cache_read_tokens),
            ("usage_cache_write_input_tokens", usage and usage.cache_write_tokens),
            ("usage_reasoning_output_tokens", usage and usage.reasoning_tokens),
        ):
            if value is not None and hasattr(self._data, field):
                setattr(self._data, field, value)
