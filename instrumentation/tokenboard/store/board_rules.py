"""What the board goes by, for a company to edit: settings, tiers and titles."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tokenboard.store import rows as table_rows
from tokenboard.store import sheets, sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from clickhouse_connect.driver.client import Client

NO_TIER: Final = "unranked"
"""What the standings call who is below the lowest tier."""
_DEFAULTS: Final = {
    "settings": ("0017_settings_defaults.sql", "0175_setting_listing.sql"),
    "tiers": ("0024_tiers_defaults.sql",),
    "titles": ("0026_titles_defaults.sql",),
}


class SettingError(ValueError):
    """A setting that is not there, or a value it cannot have; the message is one line."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that a company can set: what it means, and how its value is read."""

    meaning: str
    parse: Callable[[str], Any]


def _people(cell: str) -> int:
    if not (least := sheets.whole(cell)):
        raise ValueError("is from 1 on; 1 shows every team")
    return least


SETTINGS: Final[Mapping[str, Setting]] = {
    "listing": Setting(
        "people who said nothing are named (and may opt out) or hidden (and may opt in)",
        sheets.one_of("named", "hidden"),
    ),
    "min_cohort": Setting("people a team must have to be shown", _people),
    "tiers": Setting(
        "absolute: by net tokens in 30 days; share: by the share of people who stand as high",
        sheets.one_of("absolute", "share"),
    ),
}
"""By name. What else stands in the table belongs to the commands of :data:`ELSEWHERE`."""
ELSEWHERE: Final[Mapping[str, str]] = {
    "layout.": "tokenboard migrate",
    "price_overrides": "tokenboard prices sync --overrides FILE",
}
"""Beginning of a setting's name -> the command that sets it."""

TIERS: Final = (
    sheets.Column("tier", sheets.name, required=True),
    sheets.Column("min_tokens", sheets.whole, required=True),
    sheets.Column("top_share", sheets.share, required=True),
)
"""Columns of a file of tiers."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a title's two numbers mean.

    Attributes:
        least: in words; empty where the rule does not look at it.
        share: in words.
        whole: whether ``least`` counts something, and is a whole number from 1 on.
        some: whether ``share`` has to be more than nothing.
    """

    least: str
    share: str
    whole: bool = True
    some: bool = False


RULES: Final[Mapping[str, Rule]] = {
    "top_share": Rule("people", "of everybody, by net tokens"),
    "connoisseur": Rule("models", "of the net tokens, each of the models", some=True),
    "cache": Rule("", "of the input read from cache", whole=False, some=True),
    "session": Rule("hours", "of everybody, longest session first", whole=False),
    "economy": Rule("completed tasks", "of everybody, lowest cost per completed task first"),
    "steady": Rule("completed tasks", "of everybody, least reverted first"),
}
"""The rules of titles, see clickhouse/refresh/standings/35_month.sql."""
# These place only who has so many tasks: one number for all titles of the rule.
_PLACED: Final = ("economy", "steady")

TITLES: Final = (
    sheets.Column("title", sheets.name, required=True),
    sheets.Column("rule", sheets.one_of(*RULES), required=True),
    sheets.Column("least", sheets.quantity),
    sheets.Column("share", sheets.share, required=True),
    sheets.Column("description", sheets.name),
    sheets.Column("enabled", sheets.yes_or_no),
)
"""Columns of a file of titles."""


def settings(client: Client, database: str = "tokenboard") -> dict[str, str]:
    """Return every setting there is, by name."""
    query = "SELECT name, value FROM {db}.settings FINAL ORDER BY name"
    found = client.query(sql.render(query, sql.Layout(database=database))).result_rows
    return {str(name): str(value) for name, value in found}


def set_setting(client: Client, name: str, value: str, database: str = "tokenboard") -> str:
    """Give a setting a value and return it as it stands; boards go by it at the next refresh.

    Raises:
        SettingError: no such setting, or no such value.
    """
    setting = _setting(name)
    try:
        told = str(setting.parse(value.strip()))
    except ValueError as error:
        raise SettingError(f"{name}: {error}") from error
    table_rows.insert(client, database, "settings", ("name", "value"), [(name, told)])
    return told


def reset_setting(client: Client, name: str, database: str = "tokenboard") -> str:
    """Give a setting the value that new books begin with, and return it.

    Raises:
        SettingError: no such setting.
    """
    _setting(name)
    _delete(client, database, "settings", "name = %(name)s", {"name": name})
    _fill(client, database, "settings")
    return settings(client, database)[name]


def import_tiers(client: Client, path: Path, database: str = "tokenboard") -> int:
    """Make the tiers those of a CSV file, all others go; return how many they are.

    Raises:
        SheetError: the file has faults; nothing was changed.
    """
    lines = sheets.read(path, TIERS, lambda sound: [*_twice(sound, "tier"), *_out_of_order(sound)])
    return _replace(client, database, "tiers", TIERS, lines)


def import_titles(client: Client, path: Path, database: str = "tokenboard") -> int:
    """Make the titles those of a CSV file, all others go; return how many they are.

    Raises:
        SheetError: the file has faults, a rule that nobody could meet among them; nothing was
            changed.
    """
    lines = sheets.read(
        path, TITLES, lambda sound: [*_twice(sound, "title"), *_unmet(sound), *_differing(sound)]
    )
    return _replace(client, database, "titles", TITLES, lines)


def reset(client: Client, table: str, database: str = "tokenboard") -> None:
    """Make ``tiers`` or ``titles`` those that new books begin with."""
    _delete(client, database, table, "true", {})
    _fill(client, database, table)


def _setting(name: str) -> Setting:
    if name in SETTINGS:
        return SETTINGS[name]
    for start, command in ELSEWHERE.items():
        if name.startswith(start):
            raise SettingError(f"{name} is set by: {command}")
    raise SettingError(f"no setting {name[:40]!r}; there are: {', '.join(SETTINGS)}")


def _twice(lines: Sequence[sheets.Line], column: str) -> Iterator[str]:
    at: dict[str, int] = {}
    for line in lines:
        value = line.values[column]
        if value in at:
            yield f"line {line.number}: {column}: {value!r} stands in line {at[value]} already"
        at.setdefault(value, line.number)


def _out_of_order(lines: Sequence[sheets.Line]) -> Iterator[str]:
    """Yield where a higher tier is not harder to reach: by tokens and by share alike."""
    for line in lines:
        if line.values["tier"] == NO_TIER:
            yield f"line {line.number}: tier: {NO_TIER!r} is who has no tier"
        if not line.values["top_share"]:
            yield f"line {line.number}: top_share: is more than 0, or nobody is in the tier"
    ladder = sorted(lines, key=lambda line: line.values["min_tokens"])
    for lower, higher in itertools.pairwise(ladder):
        name, below = higher.values["tier"], lower.values["tier"]
        if higher.values["min_tokens"] == lower.values["min_tokens"]:
            yield (
                f"line {higher.number}: min_tokens: {name!r} begins where {below!r} of line "
                f"{lower.number} does"
            )
        elif higher.values["top_share"] >= lower.values["top_share"]:
            yield (
                f"line {higher.number}: top_share: {higher.values['top_share']:g} of {name!r} is "
                f"not less than {lower.values['top_share']:g} of {below!r} below it"
            )


def _unmet(lines: Sequence[sheets.Line]) -> Iterator[str]:
    for line in lines:
        title, rule = line.values["title"], RULES[line.values["rule"]]
        least, share = line.values.get("least", 0.0), line.values["share"]
        whose = f"{title!r} (rule {line.values['rule']})"
        if rule.whole and (least < 1 or least != int(least)):
            yield f"line {line.number}: least: {whose} takes a whole number of {rule.least} from 1"
        elif not rule.least and least:
            yield f"line {line.number}: least: {whose} looks at share alone: leave it empty"
        if rule.some and not share:
            yield f"line {line.number}: share: {whose} takes more than 0 {rule.share}"
        if line.values["rule"] == "connoisseur" and least * share > 1:
            yield (
                f"line {line.number}: share: {whose} asks for {least:g} models of "
                f"{share:.0%} each: nobody has more than 100 %"
            )


def _differing(lines: Sequence[sheets.Line]) -> Iterator[str]:
    first: dict[str, sheets.Line] = {}
    for line in lines:
        rule = line.values["rule"]
        known = first.setdefault(rule, line)
        if rule in _PLACED and line.values.get("least") != known.values.get("least"):
            yield (
                f"line {line.number}: least: titles by the rule {rule} share one number of tasks; "
                f"line {known.number} has {known.values.get('least', 0):g}"
            )


def _replace(
    client: Client,
    database: str,
    table: str,
    columns: Sequence[sheets.Column],
    lines: Sequence[sheets.Line],
) -> int:
    named = [column.name for column in columns if column.name in lines[0].values]
    made = [[line.values[name] for name in named] for line in lines]
    table_rows.insert(client, database, table, named, made)
    key = columns[0].name
    kept = {"kept": [row[0] for row in made]}
    _delete(client, database, table, f"NOT has(%(kept)s, CAST({key}, 'String'))", kept)
    return len(made)


def _delete(
    client: Client, database: str, table: str, condition: str, values: Mapping[str, Any]
) -> None:
    text = sql.render(f"DELETE FROM {{db}}.{table} WHERE {condition}", sql.Layout(database))
    client.command(text, parameters=dict(values))


def _fill(client: Client, database: str, table: str) -> None:
    for name in _DEFAULTS[table]:
        client.command(sql.render(sql.text(name), sql.Layout(database)))
