"""``tokenboard energy``: the electricity of model calls, as a range, with what it leaves out."""

from __future__ import annotations

import click

from tokenboard.cli import common, show

_STEPS = ((1_000_000, "MWh"), (1000, "kWh"))


@click.command()
@common.reading
def energy(reader: common.Reader) -> None:
    """How much electricity the calls took, by model: a range from published studies.

    What a study leaves out is said below the table. Models that nobody has published figures of are
    unknown, not zero. The table energy_rates holds the figures; docs/books.md says where they come
    from and how to add some.
    """
    with reader.books() as client:
        rows = reader.rows(client, "energy")
        nothing = "" if rows else common.why_nothing(client)
    if not reader.wants_table(rows, nothing):
        return
    figures = ("from", "to", "output", "input", "calls")
    table = show.columns("Energy by model", ("model", "figures of"), figures)
    for row in rows:
        table.add_row(
            show.plain(row["model"]), show.plain(row["family"]),
            _amount(row["wh_low"]), _amount(row["wh_high"]),
            show.tokens(row["output_tokens"]), show.tokens(row["input_tokens"]),
            f"{row['calls']:,}",
        )  # fmt: skip
    show.console().print(table)
    _tell(rows)


def _tell(rows: list[common.Row]) -> None:
    """Say the sum, what is not in it, and what the figures leave out."""
    known = [row for row in rows if row["wh_high"] is not None]
    missing = sum(row["calls"] for row in rows if row["wh_high"] is None)
    missing += sum(row["unknown_calls"] for row in known)
    low, high = (sum(row[name] for row in known) for name in ("wh_low", "wh_high"))
    said = f"{_amount(low)} to {_amount(high)} in all" if known else "Nothing is known"
    if missing:
        said += f"; {missing:,} calls are not in it: no figures for the model, or usage not known"
    common.say(f"{said}.")
    for family, source, left in sorted(
        {(row["family"], row["source"], row["leaves_out"]) for row in known}
    ):
        common.say(f"{family} ({source}) leaves out: {left}.")


def _amount(wh: float | None) -> str:
    if wh is None:
        return show.UNKNOWN
    for size, unit in _STEPS:
        if wh >= size:
            return f"{wh / size:.3g} {unit}"
    return f"{wh:.3g} Wh"
