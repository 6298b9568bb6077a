"""``tokenboard leaderboard``: who burned what, and what is left of it net."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click
from rich.markup import escape

from tokenboard.cli import common, show

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from clickhouse_connect.driver.client import Client
    from rich.table import Table

_SHOWN: Final = 100
"""People in the table when nobody says how many."""
COLUMNS: Final = (
    *("rank", "prev_rank", "user_id", "display_name", "team", "gross_tokens", "net_tokens"),
    *("tier", "titles", "cost_usd", "calls", "sessions", "models", "cache_read_ratio"),
    *("tasks_completed", "cost_per_completed_task", "waste_tokens"),
)
"""What a row of ``--json`` has, in this order."""


@click.command()
@common.reading
@click.option("--team", multiple=True, help="Only this team; may be given more than once.")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    help=f"Only so many rows. [default: all with --json, {_SHOWN} in the table]",
)
def leaderboard(reader: common.Reader, team: tuple[str, ...], top: int | None) -> None:
    """Who burned how many tokens, ranked by what is left net of waste.

    Gross tokens are input (cache included) and output. Net leaves out duplicates, loops and other
    waste. A dash is unknown. With --json numbers are exact, money is in US dollars.
    """
    with reader.books() as client:
        rows = board_rows(client, reader.since, team)[:top]
        if not rows:
            common.say("Nobody of that team has calls." if team else common.why_nothing(client))
    if reader.as_json:
        common.print_json(rows)
    elif rows:
        console = show.console()
        shown = rows[: top or _SHOWN]
        console.print(board_table(shown, wide=console.width >= show.WIDE))
        if len(shown) < len(rows):
            common.say(f"{len(shown)} of {len(rows):,} people; --top {len(rows)} shows all.")


def board_rows(client: Client, since: timedelta, teams: Sequence[str] = ()) -> list[common.Row]:
    """Return the leaderboard's rows, best first, the unattributed last and without a rank.

    Raises:
        Trouble: ClickHouse refused.
    """
    variables = {"team": list(teams)} if teams else None
    rows = common.rows_of(client, "leaderboard", since=since, variables=variables)
    return [_as_designed(row) for row in rows]


def _as_designed(row: common.Row) -> common.Row:
    """Return the documented columns only; a panel of the dashboard may want others beside them."""
    titles: Any = row["titles"]
    listed = titles.split(", ") if isinstance(titles, str) else titles
    return {**{name: row[name] for name in COLUMNS}, "titles": [t for t in listed if t]}


def board_table(rows: Sequence[common.Row], *, wide: bool) -> Table:
    """Return the leaderboard as a table; ``wide`` has every column."""
    table = show.table("Leaderboard")
    for name in ("#", ""):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("who", overflow="fold", min_width=6)
    table.add_column("team", overflow="fold")
    table.add_column("tier", no_wrap=True)
    for name in ("net", "gross", "cost", "calls", "sessions"):
        table.add_column(name, justify="right", no_wrap=True)
    if wide:
        for name in ("waste", "models", "cached", "tasks", "$/task"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("titles")
    for row in rows:
        table.add_row(*_cells(row), *(_more_cells(row) if wide else ()))
    return table


def _cells(row: common.Row) -> list[str]:
    return [
        str(row["rank"] or show.UNKNOWN),
        show.movement(row["rank"], row["prev_rank"]),
        escape(_who(row)),
        escape(row["team"] or show.UNKNOWN),
        _tier(row["tier"]),
        show.tokens(row["net_tokens"]),
        show.tokens(row["gross_tokens"]),
        show.usd(row["cost_usd"]),
        f"{row['calls']:,}",
        f"{row['sessions']:,}",
    ]


def _more_cells(row: common.Row) -> list[str]:
    return [
        show.tokens(row["waste_tokens"]),
        str(row["models"]),
        show.share(row["cache_read_ratio"]),
        _or_unknown(row["tasks_completed"]),
        show.usd(row["cost_per_completed_task"]),
        escape(", ".join(row["titles"])),
    ]


def _or_unknown(count: int | None) -> str:
    return show.UNKNOWN if count is None else f"{count:,}"


def _who(row: common.Row) -> str:
    return row["display_name"] or row["user_id"] or "(unattributed)"


def _tier(tier: str | None) -> str:
    if not tier:
        return show.UNKNOWN
    style = show.TIER_STYLES.get(tier)
    return f"[{style}]{escape(tier)}[/]" if style else escape(tier)
