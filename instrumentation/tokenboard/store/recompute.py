"""Recompute what changed: calls from emissions, usage from calls, standings from usage.

Every stage (``stages``) works alike. A view ``<stage>_dirty`` names the units (ten minutes, hours,
days) whose inputs are not those that their newest generation was made from. The stage writes whole
units as rows of a new generation, then one row in ``generations`` makes it the one that is read.
Rows that are read are never changed: so a crash at any moment, a replay, or two of these at once
change no figure; whoever comes second only does work twice. Calls that come late into many others
are the one exception to whole units (``additions``).
"""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenboard import resources
from tokenboard.store import additions, sql
from tokenboard.store.stages import PHASES, STAGES, Stage
from tokenboard.store.units import DAY, HOUR, IDLE, SLOT, moment, moments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clickhouse_connect.driver.client import Client

# What one statement takes on at most: bounds its memory, and its text: a day is 24 hours that it
# names, an hour of deductions 12 slots twice, each in some 30 characters of the 262,144 that the
# engine reads (max_query_size).
BATCH_ROWS = 2_000_000
BATCH_UNITS = 240
# Likewise of those that are swept, each named three times with its generation.
SWEPT_UNITS = 1500
# How often what was superseded is removed, in seconds.
SWEEP = 30.0
_SCRATCH = re.compile(r"^CREATE TEMPORARY TABLE (\w+)", re.MULTILINE)
# A task that is told of again makes the earlier hours of its dirty.
_TELLS_OTHERS = "refresh/usage_1h/05_task_hours.sql"
# How often a stage looks for more to do: bounds what a flood of inserts can hold up, the first by
# anything at all, the second by what has just been done.
_ROUNDS, _REPEATS = 1000, 8
_swept: dict[tuple[str, str], float] = {}
# Standings of very many people take long: they then wait this many times as long before they are
# made again, so that hours and days stay current beside them.
_PATIENCE, _LONG = 4, 5.0
# How long stages that may wait do so while more comes in, in seconds: under a steady load they are
# a fifth of the work.
_LATER_S = 10.0
# When a stage is due again, by database and stage.
_due: dict[tuple[str, str], float] = {}


@dataclass(frozen=True, slots=True)
class Dirty:
    """Units to recompute, in one go.

    Attributes:
        units: start in Unix seconds -> fingerprint of the inputs; of calls the marks alone.
        generation: drawn after the fingerprints were read and before anything else is.
        more: whether there are, or recomputing these may make, more of them.
    """

    units: Mapping[int, int]
    generation: int
    more: bool


def refresh(
    client: Client,
    database: str = "tokenboard",
    *,
    layout: sql.Layout | None = None,
    patient: bool = False,
    beside: Client | None = None,
) -> int:
    """Recompute everything that is not up to date and return how many units were written.

    Idempotent and safe at any moment; one small query when nothing changed. The client must be able
    to write and to make temporary tables, and is used by nobody else meanwhile. Who calls it again
    and again is ``patient``: standings that take long are then not made again at once, nor, while
    more comes in, what is not for the board. As long as this returns more than 0, call it again.
    With a second client (``beside``) stages that do not need each other are made at the same time.
    """
    layout = layout or sql.Layout(database=database)
    work = _Work(client, layout)
    inputs, pending = work.rows("SELECT inputs, pending FROM {db}.pending")[0]
    if not pending:
        if patient:
            work.sweep(_unswept(database, 1), wait=False)
        return 0
    lanes = [_Lane(work, inputs, patient=patient)]
    if beside is not None:
        lanes.append(_Lane(_Work(beside, layout), inputs, patient=patient))
    with ThreadPoolExecutor(1, "tokenboard-books-beside") as pool:
        for first, second in PHASES:
            if beside is None:
                lanes[0].run((*first, *second))
                continue
            other = pool.submit(lanes[1].run, second)
            lanes[0].run(first)
            other.result()
    work.sweep(_unswept(database, 1 if patient else len(STAGES)), wait=not patient)
    if all(lane.settled for lane in lanes):
        # Fingerprint of before the work: what has come since then leaves the whole pending.
        work.run(
            f"INSERT INTO {{db}}.generations (stage, unit, generation, inputs) "
            f"SELECT 'all', toDateTime(0, 'UTC'), generateSnowflakeID(), {inputs}"
        )
    return sum(lane.written for lane in lanes)


class _Lane:
    """Stages brought up one after the other on one connection, with what came of it."""

    def __init__(self, work: _Work, inputs: object, *, patient: bool) -> None:
        self.work = work
        self.inputs = inputs
        self.patient = patient
        self.written = 0
        self.settled = True

    def run(self, stages: Sequence[Stage]) -> None:
        for stage in stages:
            self._bring_up(stage)

    def _bring_up(self, stage: Stage) -> None:
        began, key = time.monotonic(), (self.work.layout.database, stage.name)
        waits = self.patient and began < _due.get(key, 0)
        if waits and (not stage.later or self.work.arrived_since(self.inputs)):
            self.settled = False
            return
        done, clean = self.work.bring_up(stage, patient=self.patient)
        self.written += done
        self.settled = self.settled and clean
        ended = time.monotonic()
        if stage.later and done:
            _due[key] = ended + _LATER_S
        elif stage.name == "standings" and ended - began > _LONG:
            _due[key] = ended + _PATIENCE * (ended - began)


def _unswept(database: str, most: int) -> list[Stage]:
    """Choose the stages to sweep: removing takes as long as making, so one a refresh does."""
    now = time.monotonic()
    last = {stage.name: _swept.get((database, stage.name), now - SWEEP) for stage in STAGES}
    due = [stage for stage in STAGES if now - last[stage.name] >= SWEEP]
    chosen = sorted(due, key=lambda stage: last[stage.name])[:most]
    _swept.update({(database, stage.name): now for stage in chosen})
    return chosen


def bring_up(client: Client, name: str, database: str = "tokenboard") -> int:
    """Recompute the dirty units of one stage alone and return how many; see ``STAGES``."""
    (stage,) = (one for one in STAGES if one.name == name)
    return _Work(client, sql.Layout(database=database)).bring_up(stage)[0]


def sweep(client: Client, database: str = "tokenboard") -> None:
    """Remove the rows of generations that nobody reads any more; ``refresh`` does it too."""
    _Work(client, sql.Layout(database=database)).sweep(STAGES)


class _Work:
    """One refresh: the connection, the layout, and what there is to do with them."""

    def __init__(self, client: Client, layout: sql.Layout) -> None:
        self.client = client
        self.layout = layout
        self._arrived = False

    def run(self, template: str, values: Mapping[str, object] | None = None) -> None:
        self.client.command(sql.render(template, self.layout, values))

    def rows(
        self, template: str, values: Mapping[str, object] | None = None
    ) -> Sequence[Sequence[Any]]:
        return self.client.query(sql.render(template, self.layout, values)).result_rows

    def arrived_since(self, inputs: object) -> bool:
        """Return whether anything changed that the books are made from, once it did."""
        self._arrived = (
            self._arrived or self.rows("SELECT inputs FROM {db}.pending")[0][0] != inputs
        )
        return self._arrived

    def bring_up(self, stage: Stage, *, patient: bool = False) -> tuple[int, bool]:
        """Recompute a stage's dirty units; return how many, and whether none was left.

        Who is patient leaves units that came to be dirty again meanwhile to the next refresh: under
        a flow of inserts the newest one always has, and the later stages would wait for ever.
        """
        written: set[int] = set()
        done = repeats = 0
        for _ in range(_ROUNDS):
            dirty = self._dirty(stage)
            if not dirty.units:
                return done, True
            if stage.name == "calls":
                self._catch_up()
            if stage.name == "calls" and not written and (added := additions.add(self)):
                written |= added
                done += len(added)
                continue
            if dirty.units.keys() <= written:
                repeats += 1
                if repeats > (0 if patient else _REPEATS):
                    return done, False
            more = self._recompute(stage, dirty)
            written |= dirty.units.keys()
            done += len(dirty.units)
            if not (dirty.more or more):
                return done, True
        return done, False

    def _catch_up(self) -> None:
        """On a cluster: wait for the rows whose marks are here already.

        Shards write both, in this order, and each table comes here by itself; a slot is done when
        its marks are, so its rows must have come too.
        https://clickhouse.com/docs/sql-reference/statements/system#sync-replica
        """
        cluster = "SELECT anyIf(value, name = 'layout.cluster') FROM {db}.settings FINAL"
        if self.rows(cluster)[0][0]:
            for table in ("emissions", "misdated"):
                self.run(f"SYSTEM SYNC REPLICA {{db}}.{table}")

    def sweep(self, stages: Sequence[Stage], *, wait: bool = True) -> None:
        """Remove what is superseded; without ``wait`` the engine does so when it has the time.

        The generation before the current one is kept for a minute for those who have begun to read
        it. Rows of a recomputation that died are older than the one that took its place.
        """
        if not stages:
            return
        names = ", ".join(f"'{stage.name}'" for stage in stages)
        left = self.rows(
            "SELECT stage, toUnixTimestamp(unit), generation, settled, keep FROM {db}.unswept "
            f"WHERE stage IN ({names}) ORDER BY settled DESC LIMIT {SWEPT_UNITS}"
        )
        for stage in stages:
            mine = [row for row in left if row[0] == stage.name]
            if not mine:
                continue
            unit = f"toDateTime({stage.key}, 'UTC')" if stage.key else moment(0)
            bounds = ", ".join(f"({moment(int(row[1]))}, {row[4]})" for row in mine)
            units = moments(int(row[1]) for row in mine)
            # what was added to is read for as long as nothing takes its place
            base = additions.bases(self, units) if stage.name == "calls" else ""
            for table in stage.tables:
                self.run(
                    f"DELETE FROM {{db}}.{table} WHERE {unit} IN ({units}) "
                    f"AND arrayExists(b -> b.1 = {unit} AND generation < b.2, [{bounds}]){base}"
                    # Behind a queue of merges that can take seconds; it is noted on disk at once.
                    # https://clickhouse.com/docs/operations/settings/settings#lightweight_deletes_sync
                    f"{'' if wait else ' SETTINGS lightweight_deletes_sync = 0'}"
                )
            done = ", ".join(f"({moment(int(row[1]))}, {row[2]})" for row in mine if row[3])
            if done:
                self.run(
                    "INSERT INTO {db}.generations SELECT * REPLACE (true AS swept) "
                    f"FROM {{db}}.generations FINAL WHERE stage = '{stage.name}' "
                    f"AND (unit, generation) IN ({done})"
                )

    def _dirty(self, stage: Stage) -> Dirty:
        calls = stage.name == "calls"
        rows = self.rows(
            f"SELECT toUnixTimestamp(unit), {'marks' if calls else 'inputs'}, toUInt64(rows), "
            f"{'toUnixTimestamp(latest)' if calls else '0'}, generateSnowflakeID() "
            f"FROM {{db}}.{stage.name}_dirty ORDER BY unit LIMIT {BATCH_UNITS}"
        )
        units: dict[int, int] = {}
        total = 0
        for unit, fingerprint, count, _, _ in rows:
            total += int(count)
            if units and total > BATCH_ROWS:
                break
            units[int(unit)] = int(fingerprint)
        more = len(units) < len(rows) or len(rows) == BATCH_UNITS
        if units and calls:
            # A session that goes on can make later slots dirty, where there are any.
            more = more or int(rows[0][3]) > max(units) or max(units) - min(units) > IDLE
        return Dirty(units, int(rows[0][4]) if rows else 0, more)

    def _recompute(self, stage: Stage, dirty: Dirty) -> bool:
        """Write the units anew; return whether that may have made others of the stage dirty."""
        values: dict[str, object] = {
            "stage": stage.name,
            "table": stage.tables[0],
            "key": stage.key or moment(0),
            "grain": stage.name.rpartition("_")[2],  # 1h of usage_1h
            "units": moments(dirty.units),
            "generation": dirty.generation,
            "planned": ", ".join(f"({moment(at)}, {inputs})" for at, inputs in dirty.units.items()),
        }
        if stage.name == "calls":
            values |= additions.whole(dirty.units, dirty.generation, self.layout)
            values |= self._calls_values(dirty.units)
        elif stage.unit == HOUR:
            steps = range(-stage.reach, HOUR, SLOT)
            values["slots"] = moments({hour + step for hour in dirty.units for step in steps})
            # deductions: the hours in which a session may have been left alone
            looked_at = range(-6 * HOUR, HOUR, HOUR)
            values["before"] = moments({hour + step for hour in dirty.units for step in looked_at})
        elif stage.unit == DAY:
            steps = range(0, DAY, HOUR)
            values["hours"] = moments({day + step for day in dirty.units for step in steps})
        folders = ["slots", stage.name] if stage.from_slots else [stage.name]
        names = [
            f"refresh/{folder}/{path.name}"
            for folder in folders
            for path in sorted((resources.folder("clickhouse") / "refresh" / folder).glob("*.sql"))
        ]
        if stage.name != "calls":
            names.append("refresh/commit.sql")
        templates = {name: sql.text(name) for name in names}
        scratch = [table for template in templates.values() for table in _SCRATCH.findall(template)]
        self._drop(scratch)  # what a failure may have left in this session
        more = False
        try:
            for name, template in templates.items():
                condition = sql.condition(template)
                if condition is None or self.rows(condition, values)[0][0]:
                    self.run(template, values)
                    more = more or name == _TELLS_OTHERS
        finally:
            self._drop(scratch)
        return more

    def _calls_values(self, units: Mapping[int, int]) -> dict[str, object]:
        looked_at = range(SLOT, IDLE + SLOT, SLOT)
        earlier = {slot - step for slot in units for step in looked_at} - units.keys()
        rows = self.rows(
            "SELECT toUnixTimestamp(unit) AS at, cityHash64(at, tail) FROM {db}.current "
            f"WHERE stage = 'calls' AND tail != 0 AND unit IN ({moments(earlier)})"
        )
        tails = {int(at): int(fingerprint) for at, fingerprint in rows}
        own = additions.own_marks(self, units)
        planned: list[str] = []
        for slot, marks in units.items():
            carried = 0
            for step in looked_at:
                carried ^= tails.get(slot - step, 0)
            planned.append(
                f"({moment(slot)}, toUInt64({marks}), toUInt64({carried}), "
                f"toUInt64({own.get(slot, 0)}))"
            )
        return {
            "slots": moments(units),
            "window": moments({slot + step for slot in units for step in (-SLOT, 0, SLOT)}),
            "carry": moments(tails),
            "planned": ", ".join(planned),
        }

    def _drop(self, tables: list[str]) -> None:
        for table in tables:
            self.client.command(f"DROP TEMPORARY TABLE IF EXISTS {table}")
