"""``tokenboard settings``, ``tiers`` and ``titles``: what the board goes by."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Final

import click

from tokenboard.cli import common, show, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from clickhouse_connect.driver.client import Client

_as_csv: Final = click.option(
    "--csv", "as_csv", is_flag=True, help="As a file to edit and import again."
)
_TIERS: Final = (
    "SELECT CAST(tier, 'String') AS tier, min_tokens, top_share, people FROM "
    "(SELECT * FROM tiers FINAL) AS t LEFT JOIN (SELECT tier AS held, count() AS people "
    "FROM standings WHERE window_days = 30 AND subject = 'user' AND isNotNull(rank) GROUP BY tier) "
    "AS s ON s.held = t.tier ORDER BY min_tokens DESC"
)
_TITLES: Final = (
    "SELECT CAST(title, 'String') AS title, CAST(rule, 'String') AS rule, least, share, "
    "description, enabled, people FROM (SELECT * FROM titles FINAL) AS t LEFT JOIN "
    "(SELECT arrayJoin(titles) AS held, count() AS people FROM standings "
    "WHERE window_days = 30 AND subject = 'user' GROUP BY held) AS s ON s.held = t.title "
    "ORDER BY title"
)


# --- settings ------------------------------------------------------------------------------------


@click.group()
def settings() -> None:
    """What the board goes by."""


@settings.command("list")
@common.reading
def list_settings(reader: common.Reader) -> None:
    """Every setting, its value and what it means."""
    from tokenboard.store import board_rules

    with reader.books() as client:
        found = board_rules.settings(client, client.database or common.DATABASE)
    rows = [
        {"name": name, "value": found.get(name, ""), "meaning": one.meaning, "command": ""}
        for name, one in board_rules.SETTINGS.items()
    ]
    for start, command in board_rules.ELSEWHERE.items():
        rows += [
            {"name": name, "value": value, "meaning": "", "command": command}
            for name, value in found.items()
            if name.startswith(start)
        ]
    if not reader.wants_table(rows, ""):
        return
    table = show.columns("Settings", ("setting", "value", "meaning"))
    for row in rows:
        many = row["value"].count("\n")
        table.add_row(
            row["name"],
            f"({many + 1} lines)" if many else show.plain(row["value"]),
            show.plain(row["meaning"] or f"set by {row['command']}"),
        )
    show.console().print(table)


@settings.command("set")
@click.argument("name")
@click.argument("value")
@writing.writing
def set_setting(place: writing.Place, name: str, value: str) -> None:
    """Give the setting NAME the value VALUE; standings are made anew at once."""
    from tokenboard.store import board_rules

    told = _change(
        place, lambda client: board_rules.set_setting(client, name, value, place.database)
    )
    click.echo(f"{name} is {told} now")


@settings.command("reset")
@click.argument("name")
@writing.writing
def reset_setting(place: writing.Place, name: str) -> None:
    """Give the setting NAME the value that new books begin with."""
    from tokenboard.store import board_rules

    told = _change(place, lambda client: board_rules.reset_setting(client, name, place.database))
    click.echo(f"{name} is {told} now")


def _change(place: writing.Place, work: Callable[[Client], str]) -> str:
    from tokenboard import store

    with place.open() as client:
        told = work(client)
        store.refresh(client, place.database)
    return told


# --- tiers and titles ----------------------------------------------------------------------------


@click.group()
def tiers() -> None:
    """From how many tokens, or by which share, people are in a tier."""


@click.group()
def titles() -> None:
    """Titles, and the rules by which people hold them."""


@tiers.command("import")
@writing.csv_file
@writing.writing
def import_tiers(place: writing.Place, file: Path) -> None:
    """Make the tiers those of a CSV file; the file is the whole ladder.

    Its first line names the columns: tier, min_tokens (net, in 30 days) and top_share (0.07 or
    7 %). A higher tier begins at more tokens and is of fewer people. `tokenboard tiers list --csv`
    writes such a file; a file with a fault changes nothing.
    """
    from tokenboard.store import board_rules

    _import(place, file, "tiers", board_rules.import_tiers)


@titles.command("import")
@writing.csv_file
@writing.writing
def import_titles(place: writing.Place, file: Path) -> None:
    """Make the titles those of a CSV file; the file is the whole list.

    Its first line names the columns: title, rule, least, share (0.8 or 80 %), description, enabled
    (yes or no). The rules are top_share, connoisseur, cache, session, economy and steady;
    docs/books.md says what their numbers mean. `tokenboard titles list --csv` writes such a file; a
    file with a fault changes nothing.
    """
    from tokenboard.store import board_rules

    _import(place, file, "titles", board_rules.import_titles)


def _import(
    place: writing.Place, file: Path, what: str, work: Callable[[Client, Path, str], int]
) -> None:
    from tokenboard import store

    with place.open() as client, writing.sheet_errors(file):
        many = work(client, file, place.database)
        store.refresh(client, place.database)
    click.echo(f"{what}: {many} taken over, those not in the file removed")


@tiers.command("reset")
@writing.writing
def reset_tiers(place: writing.Place) -> None:
    """Make the tiers those that new books begin with."""
    _reset(place, "tiers")


@titles.command("reset")
@writing.writing
def reset_titles(place: writing.Place) -> None:
    """Make the titles those that new books begin with."""
    _reset(place, "titles")


def _reset(place: writing.Place, what: str) -> None:
    from tokenboard import store
    from tokenboard.store import board_rules

    with place.open() as client:
        board_rules.reset(client, what, place.database)
        store.refresh(client, place.database)
    click.echo(f"{what}: as new books have them")


@tiers.command("list")
@common.reading
@_as_csv
def list_tiers(reader: common.Reader, as_csv: bool) -> None:
    """The tiers from above, and how many people are in each."""
    from tokenboard.store import board_rules

    with reader.books() as client:
        rows = common.run(client, _TIERS)
        by = board_rules.settings(client, client.database or common.DATABASE).get("tiers")
    if as_csv:
        _print_csv(rows, [column.name for column in board_rules.TIERS])
    elif reader.wants_table(rows, "No tiers: tokenboard tiers reset brings the first ones back"):
        goes = "the share of people" if by == "share" else "net tokens"
        title = f"Tiers of 30 days, by {goes} (setting tiers)"
        table = show.columns(title, ("tier",), ("from tokens", "or the top", "people"))
        for row in rows:
            table.add_row(
                show.plain(row["tier"]), f"{row['min_tokens']:,}",
                f"{_number(row['top_share'] * 100)} %", f"{row['people']:,}",
            )  # fmt: skip
        show.console().print(table)


@titles.command("list")
@common.reading
@_as_csv
def list_titles(reader: common.Reader, as_csv: bool) -> None:
    """The titles, their rules, and how many people hold each."""
    from tokenboard.store import board_rules

    with reader.books() as client:
        rows = common.run(client, _TITLES)
    if as_csv:
        _print_csv(rows, [column.name for column in board_rules.TITLES])
        return
    if not reader.wants_table(
        rows, "No titles: tokenboard titles reset brings the first ones back"
    ):
        return
    table = show.columns("Titles", ("title", "rule", "at least", "share"), ("people",))
    for row in rows:
        rule = board_rules.RULES.get(row["rule"])
        least = f"{_number(row['least'])} {rule.least}" if rule and rule.least else ""
        share = f"{_number(row['share'] * 100)} % {rule.share}" if rule else ""
        table.add_row(
            show.plain(row["title"]), show.plain(row["rule"]), least, share,
            f"{row['people']:,}" if row["enabled"] else "off",
        )  # fmt: skip
    show.console().print(table)
    for row in rows:
        if row["rule"] not in board_rules.RULES:
            common.say(
                f"note: nobody can hold {row['title']!r}: there is no rule {row['rule']!r}, "
                f"but {', '.join(board_rules.RULES)}"
            )


def _print_csv(rows: Sequence[common.Row], columns: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    words = {True: "yes", False: "no"}
    for row in rows:
        cells = (row[name] for name in columns)
        writer.writerow(
            words[cell] if isinstance(cell, bool) else
            _number(cell) if isinstance(cell, float) else cell
            for cell in cells
        )  # fmt: skip


def _number(value: float) -> str:
    return f"{value:.12g}"
