"""``tokenboard budgets`` and ``tokenboard targets``: what people and teams may and should use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tokenboard.cli import common, show, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tokenboard.store.plans import Imported


@click.group()
def budgets() -> None:
    """What people and teams may spend in a month."""


@click.group()
def targets() -> None:
    """What people are expected to use in a week."""


@budgets.command("import")
@writing.csv_file
@writing.writing
def import_budgets(place: writing.Place, file: Path) -> None:
    """Take over budgets from a CSV file.

    Its first line names the columns: scope (user or team), name, monthly_usd, and valid_from where
    a budget begins in some month (2026-11). Zero dollars end a budget. A file with a fault changes
    nothing.
    """
    from tokenboard.store import plans

    _import(place, file, "budgets", plans.import_budgets)


@targets.command("import")
@writing.csv_file
@writing.writing
def import_targets(place: writing.Place, file: Path) -> None:
    """Take over weekly targets from a CSV file.

    Its first line names the columns: scope (user, team or everybody), name (empty for everybody),
    weekly_tokens (net), and valid_from where a target begins on some Monday. A person's own target
    goes before their team's, that before everybody's; zero expects nothing. A file with a fault
    changes nothing.
    """
    from tokenboard.store import plans

    _import(place, file, "targets", plans.import_targets)


def _import(place: writing.Place, file: Path, what: str, work: Callable[..., Imported]) -> None:
    with place.open() as client, writing.sheet_errors(file):
        done = work(client, file, place.database)
    click.echo(f"{what}: {done.rows} taken over")
    for name in done.unused:
        common.say(f"note: nobody knows {name} yet: no usage, not in people")


@budgets.command("list")
@common.reading
def list_budgets(reader: common.Reader) -> None:
    """Budgets of this month, what is spent of them and when they are reached at this rate.

    Who chose not to be named stands here as on the board; teams too small to be shown do not.
    """
    with reader.books() as client:
        rows = reader.rows(client, "budgets")
    nothing = "No budgets. Set some: tokenboard budgets import FILE (tokenboard budgets import -h)"
    if not reader.wants_table(rows, nothing):
        return
    figures = ("budget", "spent", "used", "a day", "reached")
    table = show.columns("Budgets of this month", ("whose", "name"), figures)
    for row in rows:
        table.add_row(
            row["scope"], show.plain(row["name"]), show.usd(row["budget_usd"]),
            show.usd(row["spent_usd"]), show.share(row["share"]), show.usd(row["daily_usd"]),
            str(row["reached_on"] or show.UNKNOWN),
        )  # fmt: skip
    show.console().print(table)


@targets.command("list")
@common.reading
@click.option("--missed", is_flag=True, help="Only who has not reached the target.")
def list_targets(reader: common.Reader, missed: bool) -> None:
    """Who reached their target this week."""
    with reader.books() as client:
        rows = reader.rows(client, "targets")
    if missed:
        rows = [row for row in rows if not row["reached"]]
    nothing = "No targets. Set some: tokenboard targets import FILE (tokenboard targets import -h)"
    if not reader.wants_table(rows, "Nobody missed a target this week." if missed else nothing):
        return
    title = f"Targets of the week from {rows[0]['week']}"
    table = show.columns(title, ("who", "team"), ("net", "target", "reached"))
    for row in rows:
        table.add_row(
            show.plain(row["display_name"]), show.plain(row["team"]),
            show.tokens(row["net_tokens"]), show.tokens(row["target_tokens"]),
            "yes" if row["reached"] else "no",
        )  # fmt: skip
    show.console().print(table)
