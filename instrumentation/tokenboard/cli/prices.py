"""``tokenboard prices``: what a token costs."""

from __future__ import annotations

from pathlib import Path

import click

from tokenboard.cli import common
from tokenboard.cli.common import Trouble


@click.group()
def prices() -> None:
    """Prices of the models in the books."""


@prices.command()
@click.option(
    "--url",
    envvar="TOKENBOARD_URL",
    help="A ClickHouse server over HTTP, http://user:password@host:8123.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="A data directory instead.  [default: $TOKENBOARD_DATA or ~/.local/share/tokenboard]",
)
@click.option("--database", default="tokenboard", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def sync(url: str | None, data: Path | None, database: str, as_json: bool) -> None:
    """Look up every model in the books and give all its calls the price that holds now.

    The price list is the installed genai-prices: upgrade it for newer models. The local stack looks
    new models up by itself.
    """
    from tokenboard import store
    from tokenboard.store import prices as lists

    try:
        with common.writable(url, data, database) as client, common.plain_errors():
            store.refresh(client, database)
            done = lists.sync(client, database)
            store.refresh(client, database)
    except (store.StoreError, store.MigrationError) as error:
        raise Trouble(str(error)) from error
    if as_json:
        common.print_json(
            {
                name: [{"provider": one, "model": other} for one, other in pairs]
                for name, pairs in (
                    ("priced", done.priced),
                    ("unknown", done.unknown),
                    ("changed", done.changed),
                )
            }
        )
        return
    click.echo(f"{len(done.priced)} models have a price, {len(done.changed)} changed")
    for provider, model in done.unknown:
        click.echo(f"no price: {model} ({provider or 'no provider'}); its calls stay unpriced")
