"""Keeps the books current: recomputes what new rows made dirty, prices models not seen before."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tokenboard.local.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenboard.local.engine import Engine

_log = logging.getLogger(__name__)

EVERY_S = 1.0
# Recomputing takes at most this share of the time, so that a busy hour does not starve the inserts;
# but it is not to keep anybody from seeing a call within WITHIN_S: one that comes just after a
# recomputation has begun waits for its end, the pause and the next. Where that cannot be, it rests
# for a tenth of what it took.
SHARE = 0.3
WITHIN_S = 4.0
REST = 0.1
LONGEST_PAUSE_S = 3.0
BRIEF_S = 4.0
# So often it looks though nothing was written: days end, and standings that were put off fall due.
LONGEST_SLEEP_S = 20.0


def pause(took: float) -> float:
    """Return how long to wait, in seconds, after a recomputation that took so many."""
    gentle = max(EVERY_S, took / SHARE) - took
    return min(max(REST * took, min(gentle, WITHIN_S - 2 * took)), LONGEST_PAUSE_S)


@dataclass(frozen=True, slots=True)
class Health:
    """How the background work does: seconds since the epoch, errors of jobs that fail now."""

    refreshed_at: float | None = None
    refresh_seconds: float | None = None
    errors: dict[str, str] | None = None


class Scheduler:
    """One thread with a client of its own; :meth:`notify` wakes it after something was written."""

    def __init__(self, engine: Engine) -> None:
        # What is over soon is mostly planning, a hundred statements of it, on one thread each: two
        # connections make it at the same time.
        self._client, self._beside = self._clients = (engine.client(), engine.client())
        # To compile an expression takes longer than all that it is then used for here.
        self._set(
            "compile_expressions = 0, compile_aggregate_expressions = 0, "
            "compile_sort_description = 0"
        )
        self._database = engine.database
        self._wake = threading.Event()
        self._closing = False
        self._errors: dict[str, str] = {}
        self._refreshed_at: float | None = None
        self._took: float | None = None
        self._thread = threading.Thread(target=self._run, name="tokenboard-books", daemon=True)
        self._thread.start()

    def notify(self) -> None:
        """Something was written."""
        self._wake.set()

    @property
    def health(self) -> Health:
        """How it goes."""
        return Health(self._refreshed_at, self._took, dict(self._errors))

    def close(self) -> None:
        """Bring the books up to date once more, then stop. Idempotent."""
        if not self._closing:
            self._closing = True
            self._wake.set()
            self._thread.join()
            for client in self._clients:
                client.close()

    def _run(self) -> None:
        listed = False
        while True:
            self._wake.wait(LONGEST_SLEEP_S)
            closing = self._closing
            self._wake.clear()
            started = time.monotonic()
            self._do("refresh", self._refresh)
            # Once all models are looked up again, for prices that changed; then only new ones.
            if self._do("prices", partial(self._price, new_only=listed)):
                listed = True
            self._took = time.monotonic() - started
            self._refreshed_at = time.time()
            if closing:
                return
            end = time.monotonic() + pause(self._took)
            while not self._closing and (left := end - time.monotonic()) > 0:
                time.sleep(min(left, 0.1))

    def _refresh(self) -> None:
        from tokenboard import store

        # What is over soon is mostly planning: more threads a statement only cost.
        brief = self._took is not None and self._took < BRIEF_S
        self._set(f"max_threads = {1 if brief else 'DEFAULT'}")
        patient = not self._closing
        if store.refresh(
            self._client, database=self._database, patient=patient, beside=self._beside
        ):
            # What was left to the next time, or came meanwhile; where nothing did, it is one query.
            self._wake.set()

    def _set(self, settings: str) -> None:
        for client in self._clients:
            client.command(f"SET {settings}")

    def _price(self, *, new_only: bool) -> None:
        from tokenboard.store import prices

        if prices.sync(self._client, database=self._database, new_only=new_only).changed:
            self._refresh()

    def _do(self, job: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:
            text = one_line(error)
            # Once a fault, not once a second.
            if self._errors.get(job) != text:
                _log.error("%s of the books failed, it is tried again: %s", job, text)
                _log.debug("the failure", exc_info=error)
            self._errors[job] = text
            self._wake.set()
            return False
        self._errors.pop(job, None)
        return True
