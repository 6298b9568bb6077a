"""Metrics by the newest names of the GenAI conventions, in place of those in the field.

Only where ``OTEL_SEMCONV_STABILITY_OPT_IN`` holds ``gen_ai_latest_experimental``. A process emits
the one family or the other, never both: whoever sums would count twice.
https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
"""

from __future__ import annotations

from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context
    from opentelemetry.metrics import Meter

    from tokenboard.meters import Attempt

_SECONDS = tuple(0.01 * 2**n for n in range(14))
_AGENT_SECONDS = tuple(0.1 * 2**n for n in range(13))
_COUNTS = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read.input_tokens",
    "cache_write_tokens": "cache_write.input_tokens",
    "reasoning_tokens": "reasoning.output_tokens",
}
_OPERATIONS = {
    "invoke_agent": ("gen_ai.agent.name", _AGENT_SECONDS),
    "execute_tool": ("gen_ai.tool.name", _SECONDS),
}


class Instruments:
    """The counters and histograms of one meter."""

    __slots__ = (
        "_bounded", "_chunk", "_counts", "_duration", "_first_chunk", "_nowhere", "_operations",
    )  # fmt: skip

    def __init__(self, meter: Meter, bounded: Callable[[str], str], nowhere: Context) -> None:
        """Make them.

        Args:
            meter: where they belong.
            bounded: lets so many agent and tool names through and no more.
            nowhere: the context to measure in.
        """
        self._bounded = bounded
        self._nowhere = nowhere
        self._counts = {
            field: meter.create_counter(
                f"gen_ai.client.inference.usage.{name}",
                unit="{token}",
                description="Tokens used, as the provider counts them.",
            )
            for field, name in _COUNTS.items()
        }
        self._duration = meter.create_histogram(
            "gen_ai.client.inference.duration",
            unit="s",
            description="Duration of a call to a model.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._first_chunk = meter.create_histogram(
            "gen_ai.client.operation.time_to_first_chunk",
            unit="s",
            description="Time from the request to the first chunk of a streamed answer.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._chunk = meter.create_histogram(
            "gen_ai.client.operation.time_per_output_chunk",
            unit="s",
            description="Time from one chunk of a streamed answer to the next.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._operations = {
            kind: meter.create_histogram(
                f"gen_ai.{kind}.duration",
                unit="s",
                description=f"Duration of {kind}.",
                explicit_bucket_boundaries_advisory=buckets,
            )
            for kind, (_, buckets) in _OPERATIONS.items()
        }

    def call(self, attempt: Attempt, labels: dict[str, str], failed: dict[str, str]) -> None:
        """Measure one attempt at a call.

        Args:
            attempt: what is known of it.
            labels: its attributes.
            failed: the same with how it failed, if it did.
        """
        self._duration.record(attempt.seconds, failed, self._nowhere)
        if attempt.first is not None:
            self._first_chunk.record(attempt.first, labels, self._nowhere)
        for before, at in pairwise(attempt.chunks):
            self._chunk.record(at - before, labels, self._nowhere)
        for field, counter in self._counts.items():
            count = getattr(attempt.usage, field, None)
            if count is not None:
                counter.add(count, labels, self._nowhere)

    def timer(self, kind: str, name: str | None) -> Callable[[str | None], None] | None:
        """Return what is to be called at the end of an agent's or a tool's run, with its error."""
        if kind not in _OPERATIONS:
            return None
        began = perf_counter()

        def end(error: str | None) -> None:
            labels = {"gen_ai.operation.name": kind}
            if name is not None:
                labels[_OPERATIONS[kind][0]] = self._bounded(name)
            if error is not None:
                labels["error.type"] = error
            self._operations[kind].record(perf_counter() - began, labels, self._nowhere)

        return end
