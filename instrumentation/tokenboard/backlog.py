"""Finishes calls a moment after they ended: on a thread of its own, some together.

Reading what was asked and answered, filling in a span and ending it takes longer than everything
that has to be done while the app waits. So the app's thread only keeps what was said, and when.
The backlog is worked off in the order in which it came, within a tenth of a second; before a
flush, before the process ends, before it forks, and before metrics are collected it is worked off
at once. What finds no room is refused, and its own thread has to see to it.
"""

from __future__ import annotations

import _thread
import atexit
import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from tokenboard import mishap

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[[], None]

_PAUSE = 0.1
"""Seconds that work may wait for more: waking a thread costs more than the work itself."""
_MOST = 1_000
_MOST_BYTES = 32 << 20
_PATIENCE = 2.0
"""Seconds that a fork, or the end of the process, waits for work in hand."""


class Backlog:
    """Work that waits, and the thread that does it.

    ``put`` is safe in any thread and any state, a finalizer's too: it waits for nobody.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Work, int]] = deque()
        self._size = 0
        self._room = threading.RLock()  # entered again if garbage is collected within
        self._working = threading.RLock()
        self._idle = False
        self._closed = False
        self._last: Work | None = None
        # A bare lock and not an Event: releasing it takes no lock that a finalizer might wait for.
        self._gate = _thread.allocate_lock()
        self._gate.acquire()
        _thread.start_new_thread(self._work, ())

    def put(self, work: Work, size: int) -> bool:
        """Have ``work`` done soon; False if there is no room for it.

        Args:
            work: what is to be done; what it raises is our own failure.
            size: how many bytes it keeps alive.
        """
        with self._room:
            if (
                self._closed
                or len(self._waiting) >= _MOST
                or (self._waiting and self._size + size > _MOST_BYTES)
            ):
                return False
            self._size += size
            self._waiting.append((work, size))
            wake, self._idle = self._idle, False
        if wake:
            self._gate.release()
        return True

    def fits(self, size: int) -> bool:
        """Whether there is room for sure, as things are."""
        full = len(self._waiting) >= _MOST or self._size + size > _MOST_BYTES
        return not (full or self._closed)

    def drain(self, seconds: float = _PATIENCE) -> bool:
        """Do here and now what waits.

        Args:
            seconds: how long to wait for work that another thread has in hand.

        Returns:
            Whether nothing is left of what waited.
        """
        # And once more, for what another thread has in hand.
        return all(self._one(seconds) for _ in range(len(self._waiting) + 1))

    def close(self) -> None:
        """Take no more, and do what waits."""
        self._closed = True
        self.drain()

    def last(self, work: Work, seconds: float) -> bool:
        """Have the thread do one more thing after it all, and wait for that, but no longer.

        At the end of a process no thread can be started any more (as of Python 3.12), and only
        another thread can be left waiting for somebody who never answers.

        Returns:
            Whether it was done in time.
        """
        done = _thread.allocate_lock()
        done.acquire()

        def do() -> None:
            try:
                work()
            finally:
                done.release()

        with self._room:
            self._last = do
            wake, self._idle = self._idle, False
        if wake:
            self._gate.release()
        return done.acquire(timeout=seconds)

    def hold(self) -> bool:
        """Do what waits and begin nothing until ``release``; False if that takes too long."""
        self.drain()
        return self._working.acquire(timeout=_PATIENCE)

    def release(self) -> None:
        """Undo ``hold``."""
        self._working.release()

    def _one(self, seconds: float) -> bool:
        if not self._working.acquire(timeout=seconds):
            return False
        try:
            with self._room:
                if not self._waiting:
                    return True
                work, size = self._waiting.popleft()
                self._size -= size
            try:
                work()
            except Exception:
                mishap.report("writing down a call")
        finally:
            self._working.release()
        return True

    def _work(self) -> None:
        while True:
            if not self._closed:
                time.sleep(_PAUSE)
            while self._waiting:
                self._one(_PATIENCE)
                time.sleep(0)  # the app's threads go first
            last, self._last = self._last, None
            if last is not None:
                last()
            with self._room:
                if self._waiting or self._last is not None:
                    continue
                self._idle = True
            self._gate.acquire()


_backlog: Backlog | None = None
_beginning = threading.RLock()
_held = False
_at_work = False


def put(work: Work, size: int) -> bool:
    """Have ``work`` done soon; False if it has to be done here. See ``Backlog.put``."""
    found = _backlog or _begin()
    return found is not None and found.put(work, size)


def fits(size: int) -> bool:
    """Whether ``put`` would be sure of a thread and of room, as things are."""
    return _backlog is not None and _backlog.fits(size)


def drain(seconds: float = _PATIENCE) -> bool:
    """Do at once what waits. See ``Backlog.drain``."""
    return _backlog is None or _backlog.drain(seconds)


def close() -> None:
    """Do what waits, and take no more from now on."""
    if _backlog is not None:
        _backlog.close()


def last(work: Work, seconds: float) -> bool:
    """Do one more thing after what waits; False if it is not done within ``seconds``."""
    if _backlog is None:
        work()
        return True
    return _backlog.last(work, seconds)


def _begin() -> Backlog | None:
    """Start the thread, with the first call."""
    global _backlog, _at_work  # noqa: PLW0603 - one process, one backlog
    with _beginning:
        try:
            if not _at_work:
                _at_work = True
                atexit.register(close)
                if hasattr(os, "register_at_fork"):
                    os.register_at_fork(
                        before=_before_fork, after_in_parent=_after_fork, after_in_child=_anew
                    )
            if _backlog is None:
                _backlog = Backlog()
        except RuntimeError:  # no threads any more: the interpreter is on its way out
            return None
        return _backlog


def _before_fork() -> None:
    global _held  # noqa: PLW0603 - as above
    _held = _backlog is not None and _backlog.hold()


def _after_fork() -> None:
    global _held  # noqa: PLW0603 - as above
    if _held and _backlog is not None:
        _backlog.release()
    _held = False


def _anew() -> None:
    """A child has none of its parent's threads, and none of its work."""
    global _backlog, _beginning, _held  # noqa: PLW0603 - as above
    _backlog = None
    _beginning = threading.RLock()
    _held = False


_SDK = "opentelemetry.sdk.trace.export"
_tolerance: tuple[Any, bool] = (None, False)


def tolerated(provider: Any) -> bool:
    """Whether nobody sees that spans of ``provider`` end a moment late.

    That is so where it does nothing but gather them to be exported in batches, and asks us first
    when they are to be flushed; see ``stamp``. Whoever is shown each span as it ends (as in most
    tests) wants it then and there.
    """
    global _tolerance  # noqa: PLW0603 - asked for with every call, and always the same
    active = getattr(provider, "_active_span_processor", None)
    processors = getattr(active, "_span_processors", None)
    known, answer = _tolerance
    if processors is None or processors is known:
        return processors is not None and answer
    from tokenboard import stamp

    answer = stamp.first_in(active) and all(_batches(each) for each in processors[1:])
    _tolerance = (processors, answer)
    return answer


def _batches(processor: object) -> bool:
    kind: type[Any] = type(processor)
    if kind.__name__ != "BatchSpanProcessor" or not kind.__module__.startswith(_SDK):
        return False
    exporter = getattr(getattr(processor, "_batch_processor", processor), "_exporter", None)
    # One that keeps them in memory is there to be looked at, perhaps past the provider.
    return exporter is not None and not type(exporter).__name__.startswith("InMemory")
