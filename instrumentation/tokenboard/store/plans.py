"""Budgets and weekly targets: what a company expects of people and teams, from a CSV file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tokenboard.store import rows as table_rows
from tokenboard.store import sheets, sql

if TYPE_CHECKING:
    from collections.abc import Sequence
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
    lines = sheets.read(path, BUDGETS)
    faults = [
        f"line {line.number}: valid_from: budgets are by calendar month: "
        f"{_from(line).replace(day=1)}, or leave it out"
        for line in lines
        if _from(line).day != 1
    ]
    return _write(client, database, "budgets", "monthly_usd", lines, faults)


def import_targets(client: Client, path: Path, database: str = "tokenboard") -> Imported:
    """Take over targets in net tokens a week; zero ends a target, or exempts from a wider one.

    Raises:
        SheetError: the file has faults; nothing was taken over.
    """
    lines = sheets.read(path, TARGETS)
    faults: list[str] = []
    for line in lines:
        everybody = line.values["scope"] == "everybody"
        if everybody == bool(line.values.get("name")):
            faults.append(
                f"line {line.number}: name: "
                + ("stays empty for everybody" if everybody else "is empty")
            )
        if (start := _from(line)) != _EVER and start.weekday():
            monday = start - timedelta(days=start.weekday())
            faults.append(f"line {line.number}: valid_from: weeks begin on a Monday: {monday}")
    return _write(client, database, "targets", "weekly_tokens", lines, faults)


def _write(  # noqa: PLR0917 - one step of both imports
    client: Client,
    database: str,
    table: str,
    amount: str,
    lines: Sequence[sheets.Line],
    faults: list[str],
) -> Imported:
    at: dict[tuple[str, str, date], int] = {}
    rows: list[list[Any]] = []
    for line in lines:
        values = line.values
        key = (values["scope"], values.get("name", ""), _from(line))
        if key in at:
            faults.append(f"line {line.number}: the same as line {at[key]}")
        at[key] = line.number
        rows.append([*key[:2], values[amount], key[2]])
    if faults:
        raise sheets.SheetError(faults)
    table_rows.insert(client, database, table, ("scope", "name", amount, "valid_from"), rows)
    return Imported(len(rows), _unused(client, database, {key[:2] for key in at}))


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
