"""Recompute what changed: calls from emissions, usage from calls, standings from usage.

Every stage works alike. A view ``<stage>_dirty`` names the units (ten minutes, an hour, a day)
whose inputs are not those that their newest generation was made from. The stage writes whole units
as rows of a new generation, then one row in ``generations`` makes it the one that is read. Nothing
is ever added to what is there: so a crash at any moment, a replay, or two of these at once change
no figure; whoever comes second only does work twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenboard import resources
from tokenboard.store import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clickhouse_connect.driver.client import Client

SLOT = 600
HOUR = 3600
DAY = 86400
# How long a session of the wire may idle, and so how far back a slot looks for one that goes on.
IDLE = 2 * HOUR
# What one statement takes on at most: bounds its memory.
BATCH_ROWS = 2_000_000
BATCH_UNITS = 600


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the recomputation.

    Attributes:
        name: also the folder in ``clickhouse/refresh`` and the prefix of the dirty view.
        unit: length of a unit in seconds, 0 for the one unit of the standings.
        table: where the rows go.
        key: the column of the table that holds the unit; empty where rows are not kept by unit.
        reach: how much earlier in seconds than the unit itself the calls are that it looks at.
    """

    name: str
    unit: int
    table: str
    key: str
    reach: int = 0


STAGES = (
    Stage("calls", SLOT, "call_rows", "slot"),
    Stage("deductions", HOUR, "deduction_rows", "hour", reach=HOUR),
    Stage("usage_1h", HOUR, "usage_1h_rows", "hour"),
    Stage("sessions", HOUR, "session_rows", "hour"),
    Stage("usage_1d", DAY, "usage_1d_rows", "day"),
    Stage("standings", 0, "standing_rows", ""),
)
_SCRATCH = re.compile(r"^CREATE TEMPORARY TABLE (\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Dirty:
    """A unit to recompute.

    Attributes:
        unit: its start in Unix seconds.
        inputs: fingerprint of what it will be made from; of calls the marks alone.
        rows: a measure of the work.
    """

    unit: int
    inputs: int
    rows: int


def refresh(
    client: Client, database: str = "tokenboard", *, layout: sql.Layout | None = None
) -> int:
    """Recompute everything that is not up to date and return how many units were written.

    Idempotent and safe at any moment; one small query when nothing changed. The client must be able
    to write and to make temporary tables, and is used by nobody else meanwhile.
    """
    work = _Work(client, layout or sql.Layout(database=database))
    inputs, pending = work.rows("SELECT inputs, pending FROM {db}.pending")[0]
    if not pending:
        return 0
    work.sweep()
    written, settled = 0, True
    for stage in STAGES:
        done, clean = work.bring_up(stage)
        written += done
        settled = settled and clean
    if settled:
        # Fingerprint of before the work: what has come since then leaves the whole pending.
        work.run(
            f"INSERT INTO {{db}}.generations (stage, unit, generation, inputs) "
            f"SELECT 'all', toDateTime(0, 'UTC'), generateSnowflakeID(), {inputs}"
        )
    return written


class _Work:
    """One refresh: the connection, the layout, and what there is to do with them."""

    def __init__(self, client: Client, layout: sql.Layout) -> None:
        self.client = client
        self.layout = layout

    def run(self, template: str, values: dict[str, object] | None = None) -> None:
        self.client.command(sql.render(template, self.layout, values))

    def rows(self, template: str) -> Sequence[Sequence[Any]]:
        return self.client.query(sql.render(template, self.layout)).result_rows

    def bring_up(self, stage: Stage) -> tuple[int, bool]:
        """Recompute a stage's dirty units; return how many, and whether none was left."""
        written = 0
        # The bound keeps a flood of inserts in one stage from holding the later ones up.
        for _ in range(1000):
            units, more = self._dirty(stage)
            if not units:
                return written, True
            self._recompute(stage, units)
            written += len(units)
            # Only calls can make later units of their own stage dirty: a session that goes on.
            if not more and stage.name != "calls":
                return written, True
        return written, False

    def sweep(self) -> None:
        """Remove the rows of generations that nobody can be reading any more.

        It runs before anything new is committed: what is superseded twice by then was last named to
        a reader at least one refresh ago.
        """
        garbage: dict[str, list[tuple[int, int]]] = {}
        for name, unit, generation in self.rows(
            "SELECT stage, toUnixTimestamp(unit), generation FROM {db}.garbage LIMIT 5000"
        ):
            garbage.setdefault(name, []).append((int(unit), int(generation)))
        for stage in STAGES:
            if stage.name not in garbage:
                continue
            pairs = ", ".join(f"({_time(unit)}, {old})" for unit, old in garbage[stage.name])
            unit = f"toDateTime({stage.key}, 'UTC')" if stage.key else _time(0)
            self.run(f"DELETE FROM {{db}}.{stage.table} WHERE ({unit}, generation) IN ({pairs})")
            self.run(
                f"DELETE FROM {{db}}.attempts WHERE stage = '{stage.name}' "
                f"AND (unit, generation) IN ({pairs})"
            )

    def _dirty(self, stage: Stage) -> tuple[list[Dirty], bool]:
        """Return the earliest dirty units, and whether there are more than one batch takes."""
        inputs = "marks" if stage.name == "calls" else "inputs"
        rows = self.rows(
            f"SELECT toUnixTimestamp(unit), {inputs}, toUInt64(rows) "
            f"FROM {{db}}.{stage.name}_dirty ORDER BY unit LIMIT {BATCH_UNITS}"
        )
        units: list[Dirty] = []
        total = 0
        for unit, fingerprint, count in rows:
            total += count
            if units and total > BATCH_ROWS:
                return units, True
            units.append(Dirty(int(unit), int(fingerprint), int(count)))
        return units, len(rows) == BATCH_UNITS

    def _recompute(self, stage: Stage, units: list[Dirty]) -> None:
        # Drawn before anything is read: a greater generation never saw less than it says it saw.
        generation = int(self.rows("SELECT generateSnowflakeID()")[0][0])
        starts = [dirty.unit for dirty in units]
        noted = ", ".join(f"('{stage.name}', {_time(unit)}, {generation})" for unit in starts)
        self.run(f"INSERT INTO {{db}}.attempts (stage, unit, generation) VALUES {noted}")
        values: dict[str, object] = {
            "stage": stage.name,
            "table": stage.table,
            "key": stage.key or _time(0),
            "units": _times(starts),
            "generation": generation,
            "planned": ", ".join(f"({_time(one.unit)}, {one.inputs})" for one in units),
        }
        if stage.name == "calls":
            values |= self._calls_values(units)
        elif stage.unit == HOUR:
            steps = range(-stage.reach, HOUR, SLOT)
            values["slots"] = _times({hour + step for hour in starts for step in steps})
        elif stage.unit == DAY:
            steps = range(0, DAY, HOUR)
            values["hours"] = _times({day + step for day in starts for step in steps})
        folder = resources.folder("clickhouse") / "refresh" / stage.name
        names = [f"refresh/{stage.name}/{path.name}" for path in sorted(folder.glob("*.sql"))]
        if stage.name != "calls":
            names.append("refresh/commit.sql")
        templates = [sql.text(name) for name in names]
        scratch = [table for template in templates for table in _SCRATCH.findall(template)]
        self._drop(scratch)  # what a failure may have left in this session
        try:
            for template in templates:
                self.run(template, values)
        finally:
            self._drop(scratch)

    def _calls_values(self, units: list[Dirty]) -> dict[str, object]:
        slots = {dirty.unit for dirty in units}
        looked_at = range(SLOT, IDLE + SLOT, SLOT)
        earlier = {slot - step for slot in slots for step in looked_at} - slots
        tails: dict[int, int] = {}
        if earlier:
            rows = self.rows(
                "SELECT toUnixTimestamp(unit) AS at, cityHash64(at, tail) FROM {db}.current "
                f"WHERE stage = 'calls' AND tail != 0 AND unit IN ({_times(earlier)})"
            )
            tails = {int(at): int(fingerprint) for at, fingerprint in rows}
        planned: list[str] = []
        for one in units:
            carried = 0
            for step in looked_at:
                carried ^= tails.get(one.unit - step, 0)
            planned.append(f"({_time(one.unit)}, toUInt64({one.inputs}), toUInt64({carried}))")
        return {
            "slots": _times(slots),
            "window": _times({slot + step for slot in slots for step in (-SLOT, 0, SLOT)}),
            "carry": _times(tails),
            "planned": ", ".join(planned),
        }

    def _drop(self, tables: list[str]) -> None:
        for table in tables:
            self.client.command(f"DROP TEMPORARY TABLE IF EXISTS {table}")


def _time(seconds: int) -> str:
    return f"toDateTime({seconds}, 'UTC')"


def _times(many: Iterable[int]) -> str:
    return ", ".join(_time(seconds) for seconds in sorted(many)) or _time(0)
