"""Add to ten minutes of many calls what came late, instead of making them all again.

A generation of calls that is whole (``calls_base``) is left where it is, and a second, small one is
written beside it, of everything that was told since; both are read (``{live:…}``). That is done
only where nothing of what was told before can be changed by what came since (``refresh/added``),
prices are the same, and not too much came. Any other slot is made again as a whole by its stage, to
the very same calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from tokenboard.store import sql
from tokenboard.store.units import IDLE, SLOT, moment, moments

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

# A slot of fewer calls is made again as fast.
LEAST_ROWS = 20_000
# What was added is read again whenever more is, so it is not left to grow: one part in so many.
PART = 8
# Slots in one go: each takes statements of its own.
MOST_SLOTS = 60
# The stage calls, of which everything is asked of what came instead of all emissions.
_RULES = (
    "20_merged", "21_inside", "22_extras", "23_derived", "30_resent", "40_same_id", "50_inside",
    "60_clusters", "65_astray", "70_extras", "80_derived",
)  # fmt: skip
_WRITE = ("90_rows", "91_rows_of_several", "93_yielded", "95_tools", "97_sums")


class Work(Protocol):
    """What a recomputation offers (``recompute``)."""

    @property
    def layout(self) -> sql.Layout:
        """Where everything is."""
        ...

    def run(self, template: str, values: Mapping[str, object] | None = None) -> None:
        """Run a statement."""

    def rows(
        self, template: str, values: Mapping[str, object] | None = None
    ) -> Sequence[Sequence[Any]]:
        """Return what a query answers."""
        ...


@dataclass(frozen=True, slots=True)
class _Slot:
    """What is known of ten minutes: the generations that are read and what they were made from."""

    newest: int
    base: int
    own: int
    rows: int
    added: int
    prices: int
    earlier: int
    tail: int


def whole(slots: Collection[int], generation: int, layout: sql.Layout) -> dict[str, object]:
    """Return what the files of ``refresh/calls`` are filled in with to make slots as a whole."""
    return {
        "emissions": f"`{layout.database}`.emissions AS e FINAL",
        "added": "true",
        "base_pairs": _pairs([]),
        "written": _pairs((slot, generation) for slot in slots),
    }


def own_marks(work: Work, slots: Iterable[int]) -> dict[int, int]:
    """Return the marks of each slot alone, as they stand now."""
    rows = work.rows(
        "SELECT toUnixTimestamp(slot), sum(marks) FROM {db}.dirty_slots "
        f"WHERE slot IN ({moments(slots)}) GROUP BY slot"
    )
    return {int(slot): int(marks) for slot, marks in rows}


def bases(work: Work, units: str) -> str:
    """Return a condition that keeps the generations of some slots that others are read with."""
    rows = work.rows(
        "SELECT toUnixTimestamp(unit), previous FROM {db}.current "
        f"WHERE stage = 'calls_base' AND generation != previous AND unit IN ({units})"
    )
    pairs = _pairs((int(slot), int(generation)) for slot, generation in rows)
    return f" AND (slot, generation) NOT IN ({pairs})" if rows else ""


def add(work: Work) -> set[int]:
    """Bring slots up to date by adding to them where that can be done; return which."""
    full = f"FROM {{db}}.current WHERE stage = 'calls_base' AND rows >= {LEAST_ROWS}"
    if not work.rows(f"SELECT count() {full}")[0][0]:
        return set()
    dirty = work.rows(
        "SELECT toUnixTimestamp(d.unit), d.marks, generateSnowflakeID() FROM {db}.calls_dirty AS d "
        f"INNER JOIN (SELECT unit {full}) AS b ON b.unit = d.unit "
        f"ORDER BY d.unit LIMIT {MOST_SLOTS}"
    )
    if not dirty:
        return set()
    marks = {int(slot): int(around) for slot, around, _ in dirty}
    try:
        return _Addition(work, marks, int(dirty[0][2])).make()
    finally:
        _drop(work, ("fresh", "came", "touched"))


class _Addition:
    def __init__(self, work: Work, marks: Mapping[int, int], generation: int) -> None:
        self.work = work
        self.marks = marks
        self.generation = generation
        self.window = sorted({slot + step for slot in marks for step in (-SLOT, 0, SLOT)})
        steps = range(SLOT, IDLE + SLOT, SLOT)
        self.own = own_marks(work, self.window)
        self.known = self._look({slot - step for slot in marks for step in steps})
        self.earlier = {slot: self._carried(slot) for slot in marks}

    def make(self) -> set[int]:
        """Add what can be added and return to which slots."""
        work = self.work
        base = {"slots": moments(self.marks)}
        _files(work, ["refresh/calls/85_rates.sql", "refresh/added/10_fresh.sql"], base)
        try:
            slots = self._same_prices()
            slots = slots - self._gather(slots) if slots else slots
            return self._add(slots) if slots else set()
        finally:
            _drop(work, ("rates", "told", "merged", "inside", "extras", "derived"))

    def _add(self, slots: set[int]) -> set[int]:
        """Add what is fresh to those of the slots in which it changes nothing else."""
        work = self.work
        _files(
            work, ["refresh/added/30_came.sql", "refresh/calls/10_told.sql"], self._values(slots)
        )
        _files(work, ["refresh/added/40_touched.sql"], self._values(slots))
        slots -= self._touched()
        if not slots:
            return slots
        _files(work, [f"refresh/calls/{name}.sql" for name in _RULES], self._values(slots))
        _files(work, ["refresh/added/50_unordered.sql"], self._values(slots))
        slots -= self._touched()
        if not slots:
            return slots
        values = self._values(slots)
        _files(work, [f"refresh/calls/{name}.sql" for name in _WRITE], values)
        _files(work, ["refresh/added/99_commit.sql"], values)
        return slots

    def _look(self, earlier: set[int]) -> dict[int, _Slot]:
        rows = self.work.rows(
            "SELECT toUnixTimestamp(c.unit), c.generation, if(b.unit = c.unit, b.previous, 0), "
            "b.since, b.rows, c.rows - b.rows, b.inputs, b.tail, c.tail FROM "
            "(SELECT unit, generation, rows, tail FROM {db}.current WHERE stage = 'calls') AS c "
            "LEFT JOIN (SELECT * FROM {db}.current WHERE stage = 'calls_base') AS b "
            "ON b.unit = c.unit AND b.generation = c.generation "
            f"WHERE c.unit IN ({moments({*self.window, *earlier})})"
        )
        return {int(row[0]): _Slot(*(int(value) for value in row[1:])) for row in rows}

    def _carried(self, slot: int) -> int:
        """Return the fingerprint of the derived sessions before a slot, as calls_dirty has it."""
        before = [slot - step for step in range(SLOT, IDLE + SLOT, SLOT)]
        tails = {at: self.known[at].tail for at in before if at in self.known}
        query = "SELECT groupBitXor(cityHash64(t.1, t.2)) FROM (SELECT arrayJoin([{tails}]) AS t)"
        listed = [f"(toUInt32({at}), toUInt64({tail}))" for at, tail in tails.items() if tail]
        return int(self.work.rows(query, {"tails": ", ".join(listed)})[0][0]) if listed else 0

    def _same_prices(self) -> set[int]:
        """Return the slots that were made whole from these prices and earlier sessions."""
        (row,) = self.work.rows("SELECT groupBitXor(cityHash64(provider, model, list)) FROM rates")
        return {
            slot
            for slot in self.marks
            if (was := self.known.get(slot)) is not None
            and was.base != 0
            and was.prices == int(row[0])
            and was.earlier == self.earlier[slot]
        }

    def _gather(self, slots: set[int]) -> set[int]:
        """Fill ``fresh`` and return the slots of which, or beside which, too much is."""
        too_much: set[int] = set()
        for slot in self.window:
            was = self.known.get(slot)
            if slot not in self.own or not slots & _beside(slot):
                continue
            limit = (was.rows if was else LEAST_ROWS) // PART + 1000
            read = {"slot": moment(slot), "limit": limit, "known": "NOT IN", "generations": 0}
            if was is not None and was.base and was.own == self.own[slot]:
                if not was.added and was.newest == was.base:
                    continue  # nothing came
                read |= {"known": "IN", "generations": was.newest}
            elif was is not None:
                known = [was.base] if slot in slots else [was.base, was.newest]
                read["generations"] = ", ".join(map(str, known))
            _files(self.work, ["refresh/added/20_fresh.sql"], read)
            count = f"SELECT count() FROM fresh WHERE slot = {moment(slot)}"
            if int(self.work.rows(count)[0][0]) > limit:
                too_much |= _beside(slot)
        return too_much

    def _touched(self) -> set[int]:
        rows = self.work.rows("SELECT DISTINCT toUnixTimestamp(slot) FROM touched")
        return {beside for row in rows for beside in _beside(int(row[0]))}

    def _values(self, slots: Collection[int]) -> dict[str, object]:
        of = {slot: self.known[slot] for slot in sorted(slots)}
        steps = range(SLOT, IDLE + SLOT, SLOT)
        carry = {slot - step for slot in of for step in steps} - of.keys()
        pairs = [(slot, was.base) for slot, was in of.items()]
        return {
            "slots": moments(of),
            "window": moments({beside for slot in of for beside in _beside(slot)}),
            "carry": moments(at for at in carry if at in self.known and self.known[at].tail),
            "generation": self.generation,
            "emissions": "came AS e",
            "added": "(e.trace_id, e.span_id, e.content) "
            "IN (SELECT trace_id, span_id, content FROM fresh)",
            "bases": ", ".join(
                f"({moment(slot)}, toUInt64({was.base}), toUInt64({was.rows}))"
                for slot, was in of.items()
            ),
            "base_pairs": _pairs(pairs),
            "written": _pairs([*pairs, *((slot, self.generation) for slot in of)]),
            "planned": ", ".join(
                f"({moment(slot)}, toUInt64({self.marks[slot]}), toUInt64({self.earlier[slot]}), "
                f"toUInt64({self.own[slot]}))"
                for slot in of
            ),
        }


def _files(work: Work, names: Iterable[str], values: Mapping[str, object]) -> None:
    """Run files of ``clickhouse/``, those with a condition only where it holds."""
    for template in map(sql.text, names):
        condition = sql.condition(template)
        if condition is None or work.rows(condition, values)[0][0]:
            work.run(template, values)


def _drop(work: Work, names: Iterable[str]) -> None:
    for name in names:
        work.run(f"DROP TEMPORARY TABLE IF EXISTS {name}")


def _beside(slot: int) -> set[int]:
    return {slot - SLOT, slot, slot + SLOT}


def _pairs(pairs: Iterable[tuple[int, int]]) -> str:
    listed = [f"({moment(slot)}, {generation})" for slot, generation in pairs]
    return ", ".join(listed) or f"({moment(0)}, 0)"
