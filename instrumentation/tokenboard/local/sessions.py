"""Sessions of the HTTP interface: what temporary tables need to live from one request to the next.

https://clickhouse.com/docs/interfaces/http (session_id, session_timeout, session_check).
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenboard.local.reading import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

# ClickHouse's default_session_timeout and max_session_timeout, in seconds:
# https://clickhouse.com/docs/operations/server-configuration-parameters/settings
DEFAULT_TIMEOUT = 60
MAX_TIMEOUT = 3600
MAX_SESSIONS = 64


@dataclass(slots=True)
class _Session:
    handle: Any
    timeout: float
    used: float
    busy: bool = True


class Sessions:
    """Handles by session id: one request at a time each, closed when idle for too long.

    Every client of clickhouse-connect names a session of its own. So their number is bounded: one
    more closes that which has been idle longest.

    Args:
        opened: returns a new handle.
        limit: sessions kept at most.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        opened: Callable[[], Any],
        *,
        limit: int = MAX_SESSIONS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._opened = opened
        self._limit = limit
        self._clock = clock
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def held(self, form: Mapping[str, str]) -> Generator[Any]:
        """Give the handle of the session that a request's parameters name, for that request alone.

        Raises:
            QueryError: the session is in use (373), unknown though ``session_check=1`` (372), its
                timeout is out of range (374), or all sessions are in use (202).
        """
        name = form["session_id"]
        timeout = _timeout(form.get("session_timeout", ""))
        session = self._take(name, timeout, check=form.get("session_check") == "1")
        try:
            yield session.handle
        finally:
            with self._lock:
                session.busy = False
                session.used = self._clock()
                if self._closed:
                    session.handle.close()

    def close(self) -> None:
        """Close what is idle now and what is in use as soon as it is not. Idempotent."""
        with self._lock:
            self._closed = True
            for session in self._sessions.values():
                if not session.busy:
                    session.handle.close()
            self._sessions.clear()

    def _take(self, name: str, timeout: float, *, check: bool) -> _Session:
        with self._lock:
            if self._closed:
                raise QueryError(236, "The stack is stopping", "ABORTED")
            self._expire()
            session = self._sessions.get(name)
            if session is None:
                if check:
                    raise QueryError(372, f"Session {name!r} not found", "SESSION_NOT_FOUND")
                self._make_room()
                session = _Session(self._opened(), timeout, self._clock())
                self._sessions[name] = session
                return session
            if session.busy:
                raise QueryError(
                    373, f"Session {name!r} is locked by a concurrent client", "SESSION_IS_LOCKED"
                )
            session.busy = True
            session.timeout = timeout
            return session

    def _expire(self) -> None:
        now = self._clock()
        for name, session in list(self._sessions.items()):
            if not session.busy and now - session.used > session.timeout:
                del self._sessions[name]
                session.handle.close()

    def _make_room(self) -> None:
        if len(self._sessions) < self._limit:
            return
        idle = [(one.used, name) for name, one in self._sessions.items() if not one.busy]
        if not idle:
            raise QueryError(202, "Too many sessions in use", "TOO_MANY_SIMULTANEOUS_QUERIES")
        self._sessions.pop(min(idle)[1]).handle.close()


def _timeout(given: str) -> float:
    if not given:
        return DEFAULT_TIMEOUT
    if not given.isascii() or not given.isdigit() or int(given) > MAX_TIMEOUT:
        raise QueryError(
            374,
            f"session_timeout {given[:20]!r} must be whole seconds, at most {MAX_TIMEOUT}",
            "INVALID_SESSION_TIMEOUT",
        )
    return int(given)
