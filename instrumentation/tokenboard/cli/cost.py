"""``tokenboard cost``: what was spent, on what, and how much of it was waste."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import click

from tokenboard.cli import common, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

_BY: Final = ("model", "person", "team", "provider", "agent", "project")
_SHOWN: Final = 50


@click.command()
@common.reading
@click.option("--by", type=click.Choice(_BY), default="model", show_default=True)
@click.option("--team", multiple=True, help="Only this team; may be given more than once.")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    help=f"Only so many rows. [default: all with --json, {_SHOWN} in the table]",
)
def cost(reader: common.Reader, by: str, team: tuple[str, ...], top: int | None) -> None:
    """What was spent by model, person, team, provider, agent or project, the largest first.

    The cost is an estimate at the prices of `tokenboard prices`, each call priced by itself. Calls
    whose price or usage is not known are in no sum: `not known` counts them.
    """
    variables: dict[str, str | Sequence[str]] = {"by": by}
    if team:
        variables["team"] = list(team)
    with reader.books() as client:
        rows = reader.rows(client, "cost_listing", variables)
        if not rows:
            common.say("No calls of that team." if team else common.why_nothing(client))
    if reader.as_json:
        common.print_json(rows[:top])
    elif rows:
        shown = rows[: top or _SHOWN]
        show.console().print(_table(shown, by))
        _tell_the_rest(rows, len(shown))


def _table(rows: Sequence[common.Row], by: str) -> Table:
    table = show.table(f"Cost by {by}")
    table.add_column(by, overflow="fold", min_width=6)
    for name in ("cost", "waste", "$/M", "net", "gross", "cached", "calls", "not known"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            show.plain(row["name"]),
            show.usd(row["cost_usd"]),
            show.usd(row["waste_usd"]),
            show.usd(row["usd_per_million"]),
            show.tokens(row["net_tokens"]),
            show.tokens(row["gross_tokens"]),
            show.share(row["cache_read_ratio"]),
            f"{row['calls']:,}",
            f"{row['not_known']:,}" if row["not_known"] else "",
        )
    return table


def _tell_the_rest(rows: Sequence[common.Row], shown: int) -> None:
    """Say the sum over all rows, how many there are beside those shown, and what is in no sum."""
    total = sum((row["cost_usd"] or Decimal(0) for row in rows), Decimal(0))
    missing = sum(row["not_known"] for row in rows)
    said = f"{show.usd(total)} in all"
    if shown < len(rows):
        said += f"; {shown} of {len(rows):,} rows, --top {len(rows)} shows all"
    if missing:
        said += f"; {missing:,} calls without a known price or usage are not in it"
    common.say(f"{said}.")
