"""Group commit: many small posts become one insert, each acknowledged only when that returned.

One thread writes. While it inserts, posts gather; the next insert takes them all. Parts are synced
to disk before an insert returns, so an acknowledged post survives SIGKILL and a power cut.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tokenboard.local.errors import error_code, one_line
from tokenboard.local.infile import insert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tokenboard.local.engine import Engine
    from tokenboard.local.otlp import Rows

_log = logging.getLogger(__name__)

MAX_PENDING_BYTES = 64 * 2**20
MAX_GROUP_BYTES = 16 * 2**20
# An exporter gives up on an answer after ten seconds and sends again
# (https://opentelemetry.io/docs/specs/otel/protocol/exporter/): no more may wait than a slow store
# writes in a shorter time than that.
MAX_WAIT_S = 6.0
MIN_PENDING_BYTES = 2**20
# Each insert makes a part a table, written, synced and later merged, and plans the long view that
# reads spans: some 150 ms of CPU however few its rows. So inserts keep a distance of a few times
# what the last took; posts gather meanwhile. At 500 calls a second the whole then takes 1.1
# cores; with four inserts a second it took 1.6.
# A large group is worth its overhead: those are not kept waiting for long.
MIN_SPACING_S = 0.025
MAX_SPACING_S = 1.0
MAX_SPACING_OF_LARGE_S = 0.25
LARGE_BYTES = 2**20
_SPACING_FACTOR = 4

# Records of what a table holds, as the collector's metrics call them; of any other: metric points.
_RECORDS = {"otel_traces": "spans", "otel_logs": "log_records"}

# Conditions that pass: the sender is told to come again. Any other would be met again each time.
# https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
_PASSING = frozenset({
    74, 75, 76, 159, 202, 209, 210, 241, 242, 243, 252, 286, 290, 319, 425, 439, 499, 999,
})  # fmt: skip


# One thread an insert costs a third less CPU; a year of late data is 365 partitions in one block.
_SETTINGS = {"max_threads": 1, "max_insert_threads": 1, "max_partitions_per_insert_block": 0}


class OverloadedError(Exception):
    """Too much is waiting to be written; the post was not taken and may be sent again."""


class InsertError(Exception):
    """A post could not be stored.

    Attributes:
        passing: whether sending it again later may succeed.
    """

    def __init__(self, message: str, *, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing


@dataclass(slots=True)
class Counts:
    """What went through since the start.

    Attributes:
        posts: posts written.
        records: records written: spans, log records, metric points.
        inserts: inserts that this took.
        refused: records whose sender was told to send them again, by kind.
        failed: records that cannot be stored, whenever they come, by kind.
        written: records written, by kind.
    """

    posts: int = 0
    records: int = 0
    inserts: int = 0
    refused: dict[str, int] = field(default_factory=dict[str, int])
    failed: dict[str, int] = field(default_factory=dict[str, int])
    written: dict[str, int] = field(default_factory=dict[str, int])


def _kinds(rows: Rows) -> dict[str, int]:
    """Return how many spans, log records and metric points there are."""
    found: dict[str, int] = {}
    for table, block in rows.blocks.items():
        _add(found, {_RECORDS.get(table, "metric_points"): block.rows})
    return found


def _add(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for kind, records in more.items():
        counts[kind] = counts.get(kind, 0) + records


class Ingest:
    """The writer's queue.

    Args:
        engine: where to write.
        on_written: called from the writer's thread after each group, with the tables it went to.
        max_pending_bytes: what may wait; more is refused.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        on_written: Callable[[frozenset[str]], None] = lambda _: None,
        max_pending_bytes: int = MAX_PENDING_BYTES,
    ) -> None:
        self.counts = Counts()
        self._database = engine.database
        self._handle: Any = engine.handle(settings=_SETTINGS)
        self._on_written = on_written
        self.max_pending_bytes = max_pending_bytes
        self._pending: list[tuple[Rows, Future[None]]] = []
        self._rate = float("inf")  # bytes a second that were last written
        self._pending_bytes = 0
        self._busy_bytes = 0
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="tokenboard-writer", daemon=True)
        self._thread.start()

    @property
    def waiting_bytes(self) -> int:
        """Bytes taken and not yet written."""
        return self._pending_bytes + self._busy_bytes

    def refuse_if_full(self, more: int, records: Mapping[str, int]) -> None:
        """Refuse work before it is done, and count what is refused.

        Args:
            more: bytes that it would add to what waits.
            records: what it holds, by kind.

        Raises:
            OverloadedError: together they would be over the limit, or wait for too long. A post
                of any size is taken when nothing waits.
        """
        with self._changed:
            in_time = max(MIN_PENDING_BYTES, self._rate * MAX_WAIT_S)
            most = min(self.max_pending_bytes, in_time)
            if self.waiting_bytes and self.waiting_bytes + more > most:
                _add(self.counts.refused, records)
                raise OverloadedError("the write queue is full")

    def submit(self, rows: Rows) -> Future[None]:
        """Queue a post; the future ends when it is on disk, or with :class:`InsertError`.

        Raises:
            OverloadedError: the queue is full, or the stack is stopping.
        """
        done: Future[None] = Future()
        # From here on it cannot be cancelled: a sender that goes away does not undo the write.
        done.set_running_or_notify_cancel()
        weight = rows.size
        with self._changed:
            if self._closing:
                _add(self.counts.refused, _kinds(rows))
                raise OverloadedError("the stack is stopping")
            self.refuse_if_full(weight, _kinds(rows))
            self._pending.append((rows, done))
            self._pending_bytes += weight
            self._changed.notify()
        return done

    def close(self) -> None:
        """Write what was taken, then stop. Idempotent."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        due = 0.0
        while group := self._next_group(due):
            started = time.monotonic()
            try:
                self._write(group)
            except BaseException:
                _log.exception("the writer failed; the posts of this group are not acknowledged")
                for _, done in group:
                    if not done.done():
                        done.set_exception(InsertError("internal error", passing=True))
            took = time.monotonic() - started
            large = self._busy_bytes >= LARGE_BYTES
            most = MAX_SPACING_OF_LARGE_S if large else MAX_SPACING_S
            due = started + min(max(_SPACING_FACTOR * took, MIN_SPACING_S), most)
            with self._changed:
                # A small group takes as long as its overhead and tells nothing of a large one.
                if took > 1 or self._busy_bytes >= MIN_PENDING_BYTES // 4:
                    self._rate = self._busy_bytes / max(took, 1e-3)
                self._busy_bytes = 0
        self._handle.close()

    def _next_group(self, due: float) -> list[tuple[Rows, Future[None]]]:
        with self._changed:
            while not self._pending and not self._closing:
                self._changed.wait()
            while (
                (wait := due - time.monotonic()) > 0
                and not self._closing
                and self._pending_bytes < MAX_GROUP_BYTES
            ):
                self._changed.wait(wait)
            taken, total = 0, 0
            for rows, _ in self._pending:
                if taken and total + rows.size > MAX_GROUP_BYTES:
                    break
                total += rows.size
                taken += 1
            group, self._pending = self._pending[:taken], self._pending[taken:]
            self._pending_bytes -= total
            self._busy_bytes = total
            return group

    def _write(self, group: list[tuple[Rows, Future[None]]]) -> None:
        try:
            self._insert([rows for rows, _ in group])
        except Exception as error:
            text = one_line(error)
            passing = error_code(text) in _PASSING
            if passing or len(group) == 1:
                _log.error("%d posts could not be stored: %s", len(group), text)
                lost = self.counts.refused if passing else self.counts.failed
                with self._changed:
                    for rows, _ in group:
                        _add(lost, _kinds(rows))
                for _, done in group:
                    done.set_exception(InsertError(text, passing=passing))
                return
            # One post that the tables refuse must not take the others with it.
            for one in group:
                self._write([one])
            return
        self.counts.posts += len(group)
        self.counts.records += sum(rows.accepted for rows, _ in group)
        for rows, _ in group:
            _add(self.counts.written, _kinds(rows))
        for _, done in group:
            done.set_result(None)
        self._on_written(frozenset(table for rows, _ in group for table in rows.blocks))

    def _insert(self, posts: Sequence[Rows]) -> None:
        tables: dict[str, list[Rows]] = {}
        for rows in posts:
            for table in rows.blocks:
                tables.setdefault(table, []).append(rows)
        for table, members in tables.items():
            blocks = [rows.blocks[table] for rows in members]
            into = f"INSERT INTO `{self._database}`.`{table}` ({blocks[0].columns})"
            written = insert(self._handle, into, "Native", (block.data for block in blocks))
            expected = sum(block.rows for block in blocks)
            if written != expected:
                raise RuntimeError(f"{written} of {expected} rows of {table} were written")
            self.counts.inserts += 1
