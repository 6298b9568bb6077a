"""Recompute what changed: calls from emissions, usage from calls, standings from usage.

Every stage works alike. A view ``<stage>_dirty`` names the units (ten minutes, an hour, a day) whose inputs are not
those that their newest generation was made from. The stage writes whole units as rows of a new generation, then one row
in ``generations`` makes it the one that is read. Nothing is ever added to what is there, so a crash at any moment, a
replay, or two of these at once change no figure; whoever comes second only does work twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenboard import resources
from tokenboard.store import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clickhouse_connect.driver.client import Client

SLOT = 600
HOUR = 3600
DAY = 86400
# What one statement takes on at most, in emissions: bounds its memory.
BATCH_ROWS = 2_000_000
BATCH_UNITS = 600
# Rows of superseded generations are removed this often, in seconds.
SWEEP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the recomputation.

    Attributes:
        name: also the folder in ``clickhouse/refresh`` and the prefix of the dirty view.
        unit: length of a unit in seconds, 0 for the one unit of the standings.
        table: where the rows go.
        key: the column of the table that holds the unit; empty where rows are not kept by unit.
        reach: how far back in seconds the slots lie that the stage looks at, beyond the unit itself.
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
    """A unit to recompute: its start in Unix seconds, the fingerprint of its inputs, a measure of the work."""

    unit: int
    inputs: int
    rows: int


def refresh(
    client: Client, database: str = "tokenboard", *, layout: sql.Layout | None = None
) -> int:
    """Recompute everything that is not up to date and return how many units were written.

    Idempotent and safe at any moment; costs a few small queries when nothing changed. The client must be able to write
    and to make temporary tables; it is used by this call alone while it runs.
    """
    layout = layout or sql.Layout(database=database)
    written = 0
    for stage in STAGES:
        # Recomputing can make later units of the same stage dirty (a session that goes on); each round ends further on,
        # so the bound only stops a flood of inserts from holding the other stages up.
        for _ in range(64):
            units = _dirty(client, layout, stage)
            if not units:
                break
            written += _recompute(client, layout, stage, units)
    return written


def sweep(client: Client, database: str = "tokenboard") -> None:
    """Remove the rows of superseded generations. Readers of them have long finished when this is called between refreshes."""
    layout = sql.Layout(database=database)
    for stage in STAGES:
        unit = f"toDateTime({stage.key}, 'UTC')" if stage.key else "toDateTime(0, 'UTC')"
        stale = (
            f"({unit}, generation) NOT IN (SELECT unit, generation FROM {{db}}.current WHERE stage = '{stage.name}') "
            f"AND generation < (SELECT max(generation) FROM {{db}}.current WHERE stage = '{stage.name}') "
            f"AND snowflakeIDToDateTime64(generation) < now64(3) - INTERVAL 15 MINUTE"
        )
        client.command(sql.render(f"DELETE FROM {{db}}.{stage.table} WHERE {stale}", layout))


def _dirty(client: Client, layout: sql.Layout, stage: Stage) -> list[Dirty]:
    column = "slot" if stage.name == "calls" else "unit"
    rows: Sequence[Sequence[int]] = client.query(
        sql.render(
            f"SELECT toUnixTimestamp({column}), inputs, toUInt64(rows) FROM {{db}}.{stage.name}_dirty "
            f"ORDER BY {column} LIMIT {BATCH_UNITS}",
            layout,
        )
    ).result_rows
    units: list[Dirty] = []
    total = 0
    for unit, inputs, count in rows:
        total += count
        if units and total > BATCH_ROWS:
            break
        units.append(Dirty(int(unit), int(inputs), int(count)))
    return units


def _recompute(client: Client, layout: sql.Layout, stage: Stage, units: list[Dirty]) -> int:
    # Drawn before anything is read: of two generations the greater one never saw less than it says it saw.
    generation = int(client.query("SELECT generateSnowflakeID()").result_rows[0][0])
    values = _values(client, layout, stage, units) | {"generation": generation}
    folder = resources.folder("clickhouse") / "refresh" / stage.name
    templates = [
        sql.text(f"refresh/{stage.name}/{path.name}") for path in sorted(folder.glob("*.sql"))
    ]
    if stage.name != "calls":
        templates.append(sql.text("refresh/commit.sql"))
    scratch = [name for template in templates for name in _SCRATCH.findall(template)]
    try:
        _drop(client, scratch)  # what a failure has left in this session
        for template in templates:
            client.command(sql.render(template, layout, values))
    finally:
        _drop(client, scratch)
    return len(units)


def _values(
    client: Client, layout: sql.Layout, stage: Stage, units: list[Dirty]
) -> dict[str, object]:
    starts = [dirty.unit for dirty in units]
    values: dict[str, object] = {
        "stage": stage.name,
        "table": stage.table,
        "key": stage.key or "toDateTime(0, 'UTC')",
        "units": _times(starts),
        "planned": ", ".join(f"({_time(dirty.unit)}, {dirty.inputs})" for dirty in units),
    }
    if stage.name == "calls":
        values["slots"] = values["units"]
        values["window"] = _times({slot + step for slot in starts for step in (-SLOT, 0, SLOT)})
        values["carry"] = _times(_carry(client, layout, starts))
    elif stage.unit == HOUR:
        first = -stage.reach
        values["slots"] = _times(
            {hour + step for hour in starts for step in range(first, HOUR, SLOT)}
        )
    elif stage.unit == DAY:
        values["hours"] = _times({day + step for day in starts for step in range(0, DAY, HOUR)})
    return values


def _carry(client: Client, layout: sql.Layout, slots: list[int]) -> list[int]:
    """Return the slots of the two hours before each slot that hold derived sessions and are not being recomputed."""
    now_written = set(slots)
    before = {
        slot - step for slot in slots for step in range(SLOT, 2 * HOUR + SLOT, SLOT)
    } - now_written
    if not before:
        return []
    rows = client.query(
        sql.render(
            "SELECT toUnixTimestamp(unit) FROM {db}.current "
            f"WHERE stage = 'calls' AND tail != 0 AND unit IN ({_times(before)})",
            layout,
        )
    ).result_rows
    return [int(row[0]) for row in rows]


def _drop(client: Client, tables: list[str]) -> None:
    for table in tables:
        client.command(f"DROP TEMPORARY TABLE IF EXISTS {table}")


def _time(seconds: int) -> str:
    return f"toDateTime({seconds}, 'UTC')"


def _times(many: Iterable[int]) -> str:
    return ", ".join(_time(seconds) for seconds in sorted(many)) or _time(0)
