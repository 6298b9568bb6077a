"""``tokenboard prices``: what a token costs."""

from __future__ import annotations

from pathlib import Path

import click

from tokenboard.cli import common, show, writing
from tokenboard.cli.common import Trouble

# Those that hold now or will; of a model that is not found one row without rates.
_LIST = """
SELECT provider, model, service_tier, context_over, valid_from, valid_until, minute_from, minute_to,
    own, source_model, known, if(known, input, NULL) AS input, if(known, output, NULL) AS output,
    if(known, cache_read, NULL) AS cache_read, if(known, cache_write, NULL) AS cache_write,
    if(known, request_usd, NULL) AS request_usd, if(known, hour_usd, NULL) AS hour_usd
FROM current_prices
WHERE valid_until > now()
"""
_NOW = "AND service_tier = '' AND valid_from <= now() "
_ORDER = "ORDER BY model, provider, priority DESC "
_FIRST = "LIMIT 1 BY model, provider, context_over, minute_from, minute_to"
_EPOCH_YEAR, _DAY_MINUTES = 1970, 1440


@click.group()
def prices() -> None:
    """Prices of the models in the books."""


@prices.command()
@click.option(
    "--overrides",
    envvar="TOKENBOARD_PRICE_OVERRIDES",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="TOML file of own contracts and self-hosted models; kept in the books from then on.",
)
@click.option("--no-overrides", is_flag=True, help="Forget the own prices that are kept.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
@writing.writing
def sync(place: writing.Place, overrides: Path | None, no_overrides: bool, as_json: bool) -> None:
    """Look up every model in the books and give all its calls the price that holds now.

    The price list is the installed genai-prices: upgrade it for newer models. The local stack looks
    new models up by itself.
    """
    from tokenboard import store
    from tokenboard.store import prices as lists
    from tokenboard.store.overrides import OverrideError

    text = "" if no_overrides else None
    if overrides is not None and not no_overrides:
        try:
            text = overrides.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Trouble(f"cannot read {overrides}: {error}") from error
    with place.open() as client:
        store.refresh(client, place.database)
        try:
            done = lists.sync(client, place.database, overrides=text)
        except OverrideError as error:
            raise Trouble(f"{overrides or 'the books'}: {error}") from error
        store.refresh(client, place.database)
    if as_json:
        common.print_json(
            {
                name: [{"provider": one, "model": other} for one, other in pairs]
                for name, pairs in (
                    ("priced", done.priced),
                    ("unknown", done.unknown),
                    ("changed", done.changed),
                    ("own", done.own),
                )
            }
        )
        return
    click.echo(f"{len(done.priced)} models have a price, {len(done.changed)} changed")
    for provider, model in done.own:
        click.echo(f"own price: {model} ({provider or 'no provider'})")
    for provider, model in done.unknown:
        click.echo(f"no price: {model} ({provider or 'no provider'}); its calls stay unpriced")


@prices.command("list")
@common.reading
@click.option("--all", "everything", is_flag=True, help="Service tiers and price changes, too.")
def list_prices(reader: common.Reader, everything: bool) -> None:
    """The price of every model in the books, in US dollars per million tokens, as it is now.

    With --all of several rows of a model the first whose conditions a call meets holds. --json has
    every column.
    """
    with reader.books() as client:
        query = _LIST + (_ORDER if everything else _NOW + _ORDER + _FIRST)
        rows = common.run(client, query)
    nothing = "No prices yet: they are looked up as models are seen (tokenboard prices sync)"
    if not reader.wants_table(rows, nothing):
        return
    figures = ("input", "output", "cache read", "cache write")
    table = show.columns("Prices per million tokens", ("model", "provider", "when"), figures)
    for row in rows:
        table.add_row(
            show.plain(row["model"]), show.plain(row["provider"]), show.plain(_when(row)),
            *(show.usd(row[name.replace(" ", "_")]) for name in figures),
        )  # fmt: skip
    show.console().print(table)
    if unknown := sum(not row["known"] for row in rows):
        common.say(
            f"{unknown} models without a known price: their calls stay unpriced, not free; "
            "own prices: tokenboard prices sync --overrides FILE"
        )


def _when(row: common.Row) -> str:
    """Return the conditions under which a price holds, in words."""
    said: list[str] = []
    if not row["known"]:
        return "no price is known"
    if row["own"]:
        said.append("own")
    if row["service_tier"]:
        said.append(row["service_tier"])
    if row["context_over"]:
        said.append(f"input over {row['context_over']:,}")
    if row["valid_from"].year > _EPOCH_YEAR:
        said.append(f"from {row['valid_from']:%Y-%m-%d}")
    if (row["minute_from"], row["minute_to"]) != (0, _DAY_MINUTES):
        hours = (divmod(row[name], 60) for name in ("minute_from", "minute_to"))
        said.append("-".join(f"{hour:02d}:{minute:02d}" for hour, minute in hours) + " UTC")
    for name, what in (("request_usd", "a call"), ("hour_usd", "an hour")):
        if row[name]:
            said.append(f"{show.usd(row[name])} {what}")
    return ", ".join(said)
