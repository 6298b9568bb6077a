"""Queries that only read: judged, limited, each on a handle of its own that cannot write."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenboard.local import sql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from tokenboard.local.engine import Engine

    T = TypeVar("T")

    # Settings and database of a handle.
    _Kind = tuple[tuple[tuple[str, str | int], ...], str]

MAX_RESULT = 128 * 2**20
_MAX_WAITING = 64
_MOST_IDLE = 8

# What one query may use: seconds, bytes, rows, threads. A client can ask for less, never for more.
LIMITS: Mapping[str, int] = {
    "max_execution_time": 30,
    "max_memory_usage": 2 * 2**30,
    "max_result_bytes": MAX_RESULT,
    "max_result_rows": 10_000_000,
    "max_threads": 2,
}


class QueryError(Exception):
    """The engine, or a rule of ours, refuses; the text is as ClickHouse writes it.

    Attributes:
        code: ClickHouse's number for it.
    """

    def __init__(self, code: int, message: str, name: str) -> None:
        super().__init__(f"Code: {code}. DB::Exception: {message}. ({name})")
        self.code = code


@dataclass(frozen=True, slots=True)
class Result:
    """A query's answer: bytes, the format they are in, the counts of ``X-ClickHouse-Summary``."""

    data: bytes
    format: str
    summary: Mapping[str, str]


class Reading:
    """A few threads that run reading queries.

    Args:
        engine: the data.
        workers: queries running at once; others wait their turn.
        limits: what one query may use.
    """

    def __init__(
        self, engine: Engine, *, workers: int = 4, limits: Mapping[str, int] = LIMITS
    ) -> None:
        self.engine = engine
        self.limits = limits
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="tokenboard-query")
        self._waiting = 0
        self._closed = False
        self._guard = threading.Lock()
        self._idle: list[tuple[_Kind, Any]] = []
        reader = engine.reader({})
        try:
            functions = reader.query("SELECT name FROM system.table_functions", "TSV").bytes()
            facts = reader.query("SELECT version(), timezone()", "TSV").bytes()
        finally:
            reader.close()
        self._forbidden = sql.forbidden_names(functions.decode().split())
        self.version, self.timezone = facts.decode().split()

    def judge(self, query: bytes, *, writable: bool = False) -> sql.Statement:
        """Return the query as a statement that may run.

        Raises:
            QueryError: it may not.
        """
        try:
            return sql.read(query, forbidden=self._forbidden, writable=writable)
        except sql.RefusedError as error:
            raise QueryError(error.code, str(error), error.name) from error

    async def in_turn(self, work: Callable[[], T]) -> T:
        """Run ``work`` in one of the threads.

        Raises:
            QueryError: too many are waiting already, or the stack is stopping.
        """
        if self._closed:
            raise _stopping()
        if self._waiting >= _MAX_WAITING:
            raise QueryError(202, "Too many simultaneous queries", "TOO_MANY_SIMULTANEOUS_QUERIES")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except asyncio.CancelledError:
            if self._closed:
                raise _stopping() from None
            raise
        finally:
            self._waiting -= 1

    def run(
        self,
        statement: sql.Statement,
        default_format: str,
        *,
        settings: Mapping[str, str | int] | None = None,
        parameters: Mapping[str, str] | None = None,
        database: str | None = None,
    ) -> Result:
        """Run a reading statement, blocking.

        Raises:
            QueryError: the result is too large.
            RuntimeError: the engine refuses; its text begins with ClickHouse's ``Code:``.
        """
        chosen = settings or self.limits
        kind: _Kind = (tuple(chosen.items()), database or self.engine.database)
        handle = self._take(kind) or self.engine.reader(chosen, kind[1])
        try:
            result = answer(handle, statement, default_format, parameters)
        except BaseException:
            handle.close()
            raise
        self._keep(kind, handle)
        return result

    def _take(self, kind: _Kind) -> Any | None:
        """An idle handle with these settings and this database, if there is one."""
        with self._guard:
            for place, (found, handle) in enumerate(self._idle):
                if found == kind:
                    del self._idle[place]
                    return handle
        return None

    def _keep(self, kind: _Kind, handle: Any) -> None:
        """Keep a handle for the next query like it: to open one takes longer than a small query.

        A statement that may run cannot change a handle: no SET, no USE, nothing is written.
        """
        with self._guard:
            self._idle.append((kind, handle))
            surplus = self._idle.pop(0)[1] if len(self._idle) > _MOST_IDLE else None
        if surplus is not None:
            surplus.close()

    def close(self) -> None:
        """Drop waiting queries and end running ones. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        handle = self.engine.handle()
        try:
            running = "query_kind = 'Select' AND Settings['readonly'] = '1'"
            handle.query(f"KILL QUERY WHERE {running} ASYNC", "TabSeparated")
        finally:
            handle.close()
        self._pool.shutdown()
        for _, handle in self._idle:
            handle.close()
        self._idle.clear()


def _stopping() -> QueryError:
    return QueryError(236, "The stack is stopping", "ABORTED")


def answer(
    handle: Any,
    statement: sql.Statement,
    default_format: str,
    parameters: Mapping[str, str] | None,
) -> Result:
    """Run a statement on a handle and gather its answer."""
    result = handle.query(statement.sql, default_format, params=dict(parameters or {}))
    data = result.bytes()
    if len(data) > MAX_RESULT:
        raise QueryError(
            396, f"Limit for result exceeded, max bytes: {MAX_RESULT}", "TOO_MANY_ROWS_OR_BYTES"
        )
    summary = {
        "read_rows": str(result.storage_rows_read()),
        "read_bytes": str(result.storage_bytes_read()),
        "written_rows": "0",
        "written_bytes": "0",
        "result_rows": str(result.rows_read()),
        "result_bytes": str(len(data)),
        "elapsed_ns": str(int(result.elapsed() * 1e9)),
    }
    return Result(data, statement.format or default_format, summary)
