"""``tokenboard prices``: what a token costs."""

from __future__ import annotations

from pathlib import Path

import click

from tokenboard.cli import common, writing
from tokenboard.cli.common import Trouble


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
