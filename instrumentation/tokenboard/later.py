"""Measurements that are recorded when somebody collects them, not while the app waits.

Recording costs the SDK some ten microseconds each, and a call has three or four. So they wait
until the meter's reader collects, in a thread of its own: an observable instrument that never
observes anything is asked just before.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from tokenboard import backlog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry.metrics import CallbackOptions, Meter, Observation

T = TypeVar("T")

_MOST = 4_000
"""How many may wait; beyond, each one that comes has the one recorded that waited longest."""


class Later(Generic[T]):
    """What waits to be recorded with one meter.

    Safe in any thread and in any state, a finalizer's too: while there is room it takes no lock.
    """

    def __init__(self, meter: Meter, record: Callable[[T], None]) -> None:
        """Make it.

        Args:
            meter: whose reader is waited for.
            record: called with what was ``put``, later.
        """
        self._record = record
        self._waiting: deque[T] = deque()
        # Other implementations of the API may never ask.
        self._room = _MOST if type(meter).__module__.startswith("opentelemetry.sdk.") else 0
        if self._room:
            meter.create_observable_gauge("tokenboard.waiting", callbacks=[self._collected])

    def put(self, measured: T) -> None:
        """Have something recorded."""
        self._waiting.append(measured)
        if len(self._waiting) > self._room:
            self._oldest()

    def _collected(self, _options: CallbackOptions) -> Iterable[Observation]:
        backlog.drain()
        for _ in range(len(self._waiting)):
            self._oldest()
        return ()

    def _oldest(self) -> None:
        try:
            measured = self._waiting.popleft()
        except IndexError:  # another thread was quicker
            return
        self._record(measured)
