"""Budgets and weekly targets: what a company expects of people and teams, from a CSV file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tokenboard.store import rows as table_rows
from tokenboard.store import sheets, sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from clickhouse_connect.driver.client import Client

BUDGETS = (
    sheets.Column("scope", sheets.one_of("user", "team"), required=True),
    sheets.Column("name", sheets.name, required=True),
    sheets.Column("monthly_usd", sheets.dollars, required=True),
    sheets.Column("valid_from", sheets.day),
)
"""Columns of a file of budgets."""
TARGETS = (
    sheets.Column("scope", sheets.one_of("user", "team", "everybody"), required=True),
    sheets.Column("name", sheets.name),
    sheets.Column("weekly_tokens", sheets.whole, required=True),
    sheets.Column("valid_from", sheets.day),
)
"""Columns of a file of targets."""
_EVER = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: how many rows it wrote, and which names nobody has used yet."""

    rows: int
    unused: tuple[str, ...]


def import_budgets(client: Client, path: Path, database: str = "tokenboard") -> Imported:
    """Take over budgets per calendar month in US dollars; zero ends a budget.

    Raises:
        SheetError: the file has faults; nothing was taken over.
    """
    lines = sheets.read(path, BUDGETS, lambda sound: [*_not_months(sound), *_repeated(sound)])
    if faults := _not_people(lines, client, database):
        raise sheets.SheetError(faults)
    return _write(client, database, "budgets", "monthly_usd", lines)


def import_targets(client: Client, path: Path, database: str = "tokenboard") -> Imported:
    """Take over targets in net tokens a week; zero ends a target, or exempts from a wider one.

    Raises:
        SheetError: the file has faults; nothing was taken over.
    """
    lines = sheets.read(path, TARGETS, lambda sound: [*_not_weeks(sound), *_repeated(sound)])
    if faults := _not_people(lines, client, database):
        raise sheets.SheetError(faults)
    return _write(client, database, "targets", "weekly_tokens", lines)


def _not_months(lines: Sequence[sheets.Line]) -> Iterator[str]:
    for line in lines:
        if _from(line).day != 1:
            yield (
                f"line {line.number}: valid_from: budgets are by calendar month: "
                f"{_from(line).replace(day=1)}, or leave it out"
            )


def _not_weeks(lines: Sequence[sheets.Line]) -> Iterator[str]:
    for line in lines:
        everybody = line.values["scope"] == "everybody"
        if everybody == bool(line.values.get("name")):
            what = "stays empty for everybody" if everybody else "is empty"
            yield f"line {line.number}: name: {what}"
        if (start := _from(line)) != _EVER and start.weekday():
            monday = start - timedelta(days=start.weekday())
            yield f"line {line.number}: valid_from: weeks begin on a Monday: {monday}"


def _not_people(lines: Sequence[sheets.Line], client: Client, database: str) -> list[str]:
    """Usage stands under the person: what is planned for one of their names would see none."""
    query = sql.render("SELECT alias, person FROM {db}.person_of", sql.Layout(database=database))
    persons = {str(alias): str(person) for alias, person in client.query(query).result_rows}
    return [
        f"line {line.number}: name: {name!r} is a name of {persons[name]!r}"
        for line in lines
        if line.values["scope"] == "user" and (name := line.values["name"]) in persons
    ]


def _repeated(lines: Sequence[sheets.Line]) -> Iterator[str]:
    at: dict[tuple[str, str, date], int] = {}
    for line in lines:
        if (key := _key(line)) in at:
            yield f"line {line.number}: the same as line {at[key]}"
        at[key] = line.number


def _key(line: sheets.Line) -> tuple[str, str, date]:
    return line.values["scope"], line.values.get("name", ""), _from(line)


def _write(
    client: Client, database: str, table: str, amount: str, lines: Sequence[sheets.Line]
) -> Imported:
    rows: list[list[Any]] = []
    for line in lines:
        scope, name, start = _key(line)
        rows.append([scope, name, line.values[amount], start])
    table_rows.insert(client, database, table, ("scope", "name", amount, "valid_from"), rows)
    return Imported(len(rows), _unused(client, database, {(row[0], row[1]) for row in rows}))


def _from(line: sheets.Line) -> date:
    return line.values.get("valid_from", _EVER)


def _unused(client: Client, database: str, named: set[tuple[str, str]]) -> tuple[str, ...]:
    """Return those that neither usage nor the list of people knows: mostly a slip of the pen."""
    query = (
        "SELECT subject, name FROM {db}.standings WHERE window_days = 90 "
        "UNION ALL SELECT 'user', person_id FROM {db}.people FINAL "
        "UNION ALL SELECT 'team', team FROM {db}.people FINAL"
    )
    rows = client.query(sql.render(query, sql.Layout(database=database))).result_rows
    known = {(str(scope), str(name)) for scope, name in rows}
    return tuple(
        f"{scope} {name}"
        for scope, name in sorted(named)
        if scope != "everybody" and (scope, name) not in known
    )
