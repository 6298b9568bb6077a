"""Spans that never arrived, counted and told with the metrics: what is lost is visible.

An app is never held up by a collector that is slow or away: what finds no room in the bounded
queue, and what the exporter gives up on, is lost. The counters' names are those of the SDK's own
metrics, https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/; they are there once
something is lost. A process that ends while its collector is away can tell nobody.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from opentelemetry.metrics import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.metrics import CallbackOptions, MeterProvider


class Losses:
    """What became of the spans that one exporter's queue was given.

    Args:
        room: spans that the queue holds; the oldest falls out when another comes.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._given = self._taken = 0
        self._overflowed = self._undelivered = 0
        self._lock = threading.RLock()  # entered again if garbage is collected within

    def given(self) -> None:
        """Note a span that ended and is put into the queue."""
        with self._lock:
            self._given += 1
            waiting = self._given - self._taken - self._overflowed
            self._overflowed += waiting > self._room

    def taken(self, spans: int) -> None:
        """Note a batch that was taken out of the queue."""
        with self._lock:
            self._taken += spans
            # A span that came between the taking and the telling found more room than was known.
            self._overflowed = min(self._overflowed, self._given - self._taken)

    def undelivered(self, spans: int) -> None:
        """Note a batch that the exporter has given up on."""
        with self._lock:
            self._undelivered += spans

    @property
    def count(self) -> int:
        """Spans lost so far."""
        return self._overflowed + self._undelivered

    def tell(self, provider: MeterProvider) -> None:
        """Have ``provider`` report what is lost."""
        from tokenboard.telemetry import SCOPE

        meter = provider.get_meter(SCOPE)

        def overflowed(_: CallbackOptions) -> Iterator[Observation]:
            if self._overflowed:
                yield Observation(self._overflowed, {"error.type": "queue_full"})

        def undelivered(_: CallbackOptions) -> Iterator[Observation]:
            if self._undelivered:
                yield Observation(self._undelivered, {"error.type": "_OTHER"})

        for name, observe in (
            ("otel.sdk.processor.span.processed", overflowed),
            ("otel.sdk.exporter.span.exported", undelivered),
        ):
            meter.create_observable_counter(
                name, [observe], unit="{span}", description="Spans that were lost."
            )
