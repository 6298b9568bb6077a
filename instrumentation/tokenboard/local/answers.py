"""Answers to the page's queries, kept as long as what they were made of has not changed."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenboard.local.reading import Reading

# Some panels ask for the last minutes: an answer grows old even when nothing is written.
_KEEP_S = 60.0
_MOST_KEPT, _LARGEST = 256, 2**20
# The data are looked at so often, not once for each of a dashboard's dozen panels.
_LOOK_S = 0.2

# A part's name changes with every insert, mutation and merge. The raw rows and the figures about
# the stack itself are written all the time; few panels read them.
_STATE = """
SELECT
    sumIf(cityHash64(table, name), NOT match(table, '^(otel|pipeline)_')) AS books,
    sum(cityHash64(table, name)) AS everything
FROM system.parts
WHERE active AND database = currentDatabase()
"""
_RAW = ("otel_", "pipeline_")


@dataclass(frozen=True, slots=True)
class _Kept:
    state: str
    asked_at: float
    data: bytes


class Answers:
    """Runs panels' queries, a processor's worth at a time, and remembers what came of them.

    A dashboard is opened again and again, by several people, and mostly nothing has been written in
    between. First come the panels that were asked for first: on a laptop a dozen queries at once
    would all be slow.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._settings = {
            **reading.limits,
            "output_format_json_quote_64bit_integers": 0,
            # raw telemetry holds what came, also what is no UTF-8
            "output_format_json_validate_utf8": 1,
        }
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._running: dict[tuple[str, str], asyncio.Task[bytes]] = {}
        self._gate = asyncio.Semaphore(max(2, os.cpu_count() or 1))
        self._looking = asyncio.Lock()
        self._states = ("", "")
        self._looked_at = -_LOOK_S

    async def of(self, sql: str) -> bytes:
        """The answer as JSON: ``columns`` with name and type, ``rows`` as the engine wrote them.

        Raises:
            QueryError: too many are waiting already, or the stack is stopping.
            RuntimeError: the engine refuses; its text begins with ClickHouse's ``Code:``.
        """
        books, everything = await self._state()
        state = everything if any(raw in sql for raw in _RAW) else books
        kept = self._kept.get(sql)
        if kept and kept.state == state and time.monotonic() - kept.asked_at < _KEEP_S:
            return kept.data
        running = self._running.get((sql, state))
        if running is None:
            running = asyncio.create_task(self._ask(sql, state))
            self._running[sql, state] = running
            running.add_done_callback(lambda _: self._running.pop((sql, state), None))
        return await asyncio.shield(running)

    async def _ask(self, sql: str, state: str) -> bytes:
        async with self._gate:
            asked_at = time.monotonic()
            data = await self._reading.in_turn(partial(self._run, sql))
        if len(data) <= _LARGEST:
            self._kept[sql] = _Kept(state, asked_at, data)
            self._kept.move_to_end(sql)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return data

    async def _state(self) -> tuple[str, str]:
        async with self._looking:
            if time.monotonic() - self._looked_at >= _LOOK_S:
                # Before the look: what is written during it is seen by the next.
                looked_at = time.monotonic()
                lines = await self._reading.in_turn(partial(self._lines, _STATE))
                books, everything = json.loads(lines[2])
                self._states, self._looked_at = (str(books), str(everything)), looked_at
            return self._states

    def _run(self, sql: str) -> bytes:
        lines = self._lines(sql)
        if len(lines) < 2:  # noqa: PLR2004 - names and types
            return b'{"columns":[],"rows":[]}'
        columns = [
            {"name": name, "type": kind}
            for name, kind in zip(json.loads(lines[0]), json.loads(lines[1]), strict=True)
        ]
        return b'{"columns":%b,"rows":[%b]}' % (json.dumps(columns).encode(), b",".join(lines[2:]))

    def _lines(self, sql: str) -> list[bytes]:
        statement = self._reading.judge(sql.encode())
        return self._reading.run(
            statement, "JSONCompactEachRowWithNamesAndTypes", settings=self._settings
        ).data.splitlines()
