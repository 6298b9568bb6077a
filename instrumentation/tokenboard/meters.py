"""The metrics of calls to models, by the names that every release in the field emits.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/ has the names and the buckets.
However many users and models there are, a process has a bounded number of series.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from opentelemetry.context import Context

from tokenboard.later import Later

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.metrics import Histogram, Meter

    from tokenboard.latest import Instruments as Latest
    from tokenboard.wire import Usage

_SECONDS = tuple(0.01 * 2**n for n in range(14))
_TOKENS = tuple(4**n for n in range(14))
_USERS = 1_000
_NAMES = 200
"""Values of one attribute that a process reports; the rest share ``_other``."""
_OTHER = "_other"
_NO_EXEMPLARS = Context({"tokenboard": "metrics"})
"""Without a span: finding exemplars costs half as much again as the measurement itself."""


class Attempt(NamedTuple):
    """What is measured of one attempt at a call.

    ``names`` are the values of ``_NAMED``, in its order and without the error; ``seconds`` is how
    long it took, ``first`` how long until the first chunk of a stream, ``chunks`` when each came.
    """

    operation: str
    provider: str
    names: tuple[str | None, ...]
    error: str | None
    seconds: float
    first: float | None
    chunks: tuple[float, ...]
    usage: Usage | None


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


_NAMED = {
    "user.id": _Bounded(_USERS),
    "tokenboard.team": _Bounded(_NAMES),
    "gen_ai.request.model": _Bounded(_NAMES),
    "gen_ai.response.model": _Bounded(_NAMES),
    "server.address": _Bounded(_NAMES),
    "error.type": _Bounded(_NAMES),
}


@lru_cache(maxsize=4096)
def _labels(
    operation: str, provider: str, token_type: str | None, names: tuple[str | None, ...]
) -> dict[str, str]:
    """Return the attributes of a measurement; ``names`` in the order of ``_NAMED``."""
    found = {"gen_ai.operation.name": operation, "gen_ai.provider.name": provider}
    for (name, bounded), value in zip(_NAMED.items(), names, strict=True):
        if value is not None:
            found[name] = bounded(value)
    if token_type is not None:
        found["gen_ai.token.type"] = token_type
    return found


class Meters:
    """The instruments of one meter; ``latest`` has the newest names in place of these."""

    def __init__(self, meter: Meter, *, latest: bool) -> None:
        self._later = Later(meter, self._record)
        self._latest: Latest | None = None
        if latest:
            from tokenboard.latest import Instruments

            self._latest = Instruments(meter, _Bounded(_NAMES), _NO_EXEMPLARS)
            return
        self._tokens: Histogram = meter.create_histogram(
            "gen_ai.client.token.usage",
            unit="{token}",
            description="Number of input and output tokens used.",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )
        self._duration: Histogram = meter.create_histogram(
            "gen_ai.client.operation.duration",
            unit="s",
            description="GenAI operation duration.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._first_chunk: Histogram = meter.create_histogram(
            "gen_ai.client.operation.time_to_first_chunk",
            unit="s",
            description="Time from the request to the first chunk of a streamed answer.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )

    def call(self, attempt: Attempt) -> None:
        """Measure one attempt at a call."""
        self._later.put(attempt)

    def timer(self, kind: str, name: str | None) -> Callable[[str | None], None] | None:
        """Return what is to be called at the end of an agent's or a tool's run, with its error."""
        return self._latest.timer(kind, name) if self._latest is not None else None

    def _record(self, attempt: Attempt) -> None:
        operation, provider, usage = attempt.operation, attempt.provider, attempt.usage
        failed = _labels(operation, provider, None, (*attempt.names, attempt.error))
        names = (*attempt.names, None)
        labels = _labels(operation, provider, None, names)
        if self._latest is not None:
            self._latest.call(attempt, labels, failed)
            return
        self._duration.record(attempt.seconds, failed, _NO_EXEMPLARS)
        if attempt.first is not None:
            self._first_chunk.record(attempt.first, labels, _NO_EXEMPLARS)
        if usage is None:
            return
        for token_type, count in (("input", usage.input_tokens), ("output", usage.output_tokens)):
            if count is not None:
                labels = _labels(operation, provider, token_type, names)
                self._tokens.record(count, labels, _NO_EXEMPLARS)
