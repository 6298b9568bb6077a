"""Who is who: people and the names that emitters know them by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenboard.store import rows as table_rows
from tokenboard.store import sheets, sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from clickhouse_connect.driver.client import Client

LISTINGS = ("named", "pseudonym", "hidden")
_TOLD = ("display_name", "team", "listing", "pseudonym")
_KINDS = ("email", "login", "claude_account", "codex_account")


def _listing(cell: str) -> str:
    return sheets.one_of(*LISTINGS)(cell) if cell else LISTINGS[0]


def _aliases(cell: str) -> tuple[tuple[str, str], ...]:
    """Return (kind, value) of ``kind=value; value``; what has no kind is an ``other``."""
    found: list[tuple[str, str]] = []
    for part in (one.strip() for one in cell.split(";")):
        kind, is_told, value = part.partition("=")
        if part:
            found.append(
                (sheets.name(kind.strip()), sheets.name(value.strip()))
                if is_told
                else ("other", sheets.name(part))
            )
    if not all(kind and value for kind, value in found):
        raise ValueError(f"{cell[:40]!r}: write kind=value; kind=value")
    return tuple(found)


COLUMNS = (
    sheets.Column("person_id", sheets.name, required=True),
    sheets.Column("display_name", sheets.name),
    sheets.Column("team", sheets.name),
    sheets.Column("listing", _listing),
    sheets.Column("pseudonym", sheets.name),
    *(sheets.Column(kind, sheets.name) for kind in _KINDS),
    sheets.Column("aliases", _aliases),
)
"""Columns of a file of people."""


class PersonError(ValueError):
    """What was asked of a person cannot be done; the message names the mend in one line."""


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that an emitter knows a person by: ``value`` as it stands in ``user.id``."""

    kind: str
    value: str
    person_id: str


@dataclass(frozen=True, slots=True)
class ImportedPeople:
    """What an import did: people written, aliases that are new, aliases taken from another."""

    people: int
    added: int
    moved: tuple[Alias, ...]


def import_people(client: Client, path: Path, database: str = "tokenboard") -> ImportedPeople:
    """Take over people and their aliases from a CSV file.

    What the file says of a person replaces what was there; a column that it leaves out stays as it
    is, and so do people and aliases that it does not name. History goes with the aliases at the
    next refresh.

    Raises:
        SheetError: the file has faults; nothing was taken over.
    """
    layout = sql.Layout(database=database)
    present = _people(client, layout)
    taken = _names(client, layout)
    held = aliases(client, database)
    lines = sheets.read(
        path,
        COLUMNS,
        lambda sound: [
            *_repeated(sound, present),
            *_contested(sound),
            *_borrowed(sound, taken),
            *_through_others(sound, held),
        ],
    )
    rows = [_row(line, present) for line in lines]
    wanted = [alias for line in lines for alias in _of_line(line)]
    # What is there as it is asked for is not written again: days that people changed are made anew.
    changed = [row for row in rows if list(present.get(row[0], {}).values()) != row[1:]]
    table_rows.insert(client, database, "people", ("person_id", *_TOLD), changed)
    owners = {alias.value: alias.person_id for alias in held}
    known = {(alias.kind, alias.value): alias.person_id for alias in held}
    fresh = [one for one in wanted if known.get((one.kind, one.value)) != one.person_id]
    write_aliases(client, fresh, database)
    return ImportedPeople(
        people=len(rows),
        added=sum(1 for one in fresh if one.value not in owners),
        moved=tuple(one for one in fresh if owners.get(one.value, one.person_id) != one.person_id),
    )


def aliases(client: Client, database: str = "tokenboard", person: str | None = None) -> list[Alias]:
    """Return the aliases that hold, of one person or of everybody."""
    query = (
        "SELECT kind, value, person_id FROM {db}.aliases FINAL WHERE person_id != '' "
        + ("AND person_id = %(person)s " if person is not None else "")
        + "ORDER BY person_id, kind, value"
    )
    text = sql.render(query, sql.Layout(database=database))
    rows = client.query(text, parameters={"person": person} if person is not None else None)
    return [Alias(str(kind), str(value), str(who)) for kind, value, who in rows.result_rows]


def write_aliases(client: Client, wanted: Sequence[Alias], database: str = "tokenboard") -> None:
    """Give aliases to people, whoever had them; an empty ``person_id`` takes one away."""
    if not wanted:
        return
    values = {one.value for one in wanted}
    # The newest row of a value holds, of whatever kind: an alias that moves leaves no twin behind.
    stale = [
        [one.value, one.kind, ""]
        for one in aliases(client, database)
        if one.value in values and (one.kind, one.value) not in {(w.kind, w.value) for w in wanted}
    ]
    rows = [*stale, *([one.value, one.kind, one.person_id] for one in wanted)]
    table_rows.insert(client, database, "aliases", ("value", "kind", "person_id"), rows)


def _people(client: Client, layout: sql.Layout) -> dict[str, dict[str, str]]:
    query = f"SELECT person_id, {', '.join(_TOLD)} FROM {{db}}.people FINAL"
    rows = client.query(sql.render(query, layout)).result_rows
    return {
        str(row[0]): dict(zip(_TOLD, (str(one) for one in row[1:]), strict=True)) for row in rows
    }


def _names(client: Client, layout: sql.Layout) -> set[str]:
    """Return every name by which somebody is known: listed, an alias, or with usage of late."""
    query = (
        "SELECT person_id FROM {db}.people FINAL "
        "UNION DISTINCT SELECT value FROM {db}.aliases FINAL WHERE person_id != '' "
        "UNION DISTINCT SELECT s.user_id FROM {db}.usage_1d AS s WHERE s.day >= today() - 90"
    )
    return {str(row[0]) for row in client.query(sql.render(query, layout)).result_rows}


def _of_line(line: sheets.Line) -> Iterator[Alias]:
    person = line.values["person_id"]
    told = [(kind, line.values.get(kind, "")) for kind in _KINDS]
    for kind, value in (*told, *line.values.get("aliases", ())):
        if value and value != person:
            yield Alias(kind, value, person)


def _row(line: sheets.Line, present: dict[str, dict[str, str]]) -> list[Any]:
    """Return what stands in the table from now on: what the line leaves out stays as it was."""
    person = line.values["person_id"]
    was = present.get(person, {"listing": LISTINGS[0]})
    return [person, *(line.values.get(name, was.get(name, "")) for name in _TOLD)]


def _repeated(lines: Sequence[sheets.Line], present: dict[str, dict[str, str]]) -> Iterator[str]:
    at: dict[str, int] = {}
    masks = {was["pseudonym"]: who for who, was in present.items() if was["listing"] == "pseudonym"}
    for line in lines:
        person, _, _, listing, pseudonym = _row(line, present)
        if person in at:
            yield f"line {line.number}: person_id: {person!r} stands in line {at[person]} already"
        at[person] = line.number
        if listing != "pseudonym":
            continue
        if not pseudonym:
            yield f"line {line.number}: pseudonym: is empty, and listing is pseudonym"
        elif masks.setdefault(pseudonym, person) != person:
            yield f"line {line.number}: pseudonym: {pseudonym!r} is somebody else's already"


def _borrowed(lines: Sequence[sheets.Line], taken: set[str]) -> Iterator[str]:
    """A pseudonym that is somebody's name would put their figures under another's."""
    names = taken | {line.values["person_id"] for line in lines}
    names |= {alias.value for line in lines for alias in _of_line(line)}
    for line in lines:
        pseudonym = line.values.get("pseudonym", "")
        if pseudonym and pseudonym in names:
            yield f"line {line.number}: pseudonym: {pseudonym!r} is somebody's name"


def chained(one: Alias, held: Sequence[Alias], wanted: Sequence[Alias] = ()) -> str:
    """Return why an alias would lead to a name and not to a person, or an empty text.

    Args:
        one: the alias that is to be given.
        held: those that hold now.
        wanted: those that are given with it.
    """
    owner = {alias.value: alias.person_id for alias in (*held, *wanted)}
    person = owner.get(one.person_id, one.person_id)
    if person != one.person_id:
        return f"{one.person_id!r} is a name of {person!r}: give {one.value!r} to {person!r}"
    own = sorted(value for value, whose in owner.items() if whose == one.value != value)
    if own:
        some = ", ".join(map(repr, own[:3])) + (" …" if len(own) > 3 else "")  # noqa: PLR2004 - as many as shown
        return f"{one.value!r} has names of its own ({some}): give those to {one.person_id!r} first"
    return ""


def _through_others(lines: Sequence[sheets.Line], held: Sequence[Alias]) -> Iterator[str]:
    wanted = [alias for line in lines for alias in _of_line(line)]
    for line in lines:
        for one in _of_line(line):
            if why := chained(one, held, wanted):
                yield f"line {line.number}: {one.kind}: {why}"


def _contested(lines: Sequence[sheets.Line]) -> Iterator[str]:
    wanted = [(line.number, alias) for line in lines for alias in _of_line(line)]
    owner = {line.values["person_id"]: (line.values["person_id"], line.number) for line in lines}
    for number, one in wanted:
        other, line = owner.setdefault(one.value, (one.person_id, number))
        if other != one.person_id:
            yield (
                f"line {number}: {one.kind}: {one.value!r} names {other!r} of line {line}: "
                "one name is one person"
            )
