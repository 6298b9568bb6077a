"""``tokenboard migrate``: bring a database to this version's schema."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from tokenboard.cli import common
from tokenboard.cli.common import Trouble


@click.command()
@click.option(
    "--url",
    envvar="TOKENBOARD_URL",
    help="A ClickHouse server over HTTP, http://user:password@host:8123; it needs a user that may "
    "create tables.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="A data directory instead.  [default: $TOKENBOARD_DATA or ~/.local/share/tokenboard]",
)
@click.option("--database", default="tokenboard", show_default=True)
@click.option("--cluster", default="", help="Make replicated tables on this ClickHouse cluster.")
@click.option(
    "--raw-days",
    type=click.IntRange(1, 3660),
    help="Keep raw telemetry this long.  [default: as before, at first 35]",
)
@click.option(
    "--fact-days",
    type=click.IntRange(32, 3660),
    help="Keep single calls this long.  [default: as before, at first 400]",
)
@click.option(
    "--rollup-days",
    type=click.IntRange(0, 36600),
    help="Keep usage by hour and day this long, 0 for ever.  [default: as before, at first 0]",
)
def migrate(  # noqa: PLR0917 - click passes options by name
    url: str | None,
    data: Path | None,
    database: str,
    cluster: str,
    raw_days: int | None,
    fact_days: int | None,
    rollup_days: int | None,
) -> None:
    """Make the tables, or bring those of an older version up to date.

    Nothing that is stored is lost; run again at any time, it does what is missing. The local stack
    does this by itself when it starts.
    """
    from tokenboard import store
    from tokenboard.store import migrations, sql

    try:
        sql.Layout(database, cluster)  # refuses odd names before anything is opened
        told = {"raw_days": raw_days, "fact_days": fact_days, "rollup_days": rollup_days}
        with common.writable(url, data, database) as client, common.plain_errors():
            was = migrations.layout_of(client, database) or sql.Layout(database)
            given = {name: days for name, days in told.items() if days is not None}
            layout = replace(was, cluster=cluster or was.cluster, **given)
            if 0 < layout.rollup_days < layout.fact_days:
                raise Trouble("rollups are made of single calls: keep them at least as long")
            done = store.migrate(client, database, layout=layout)
    except (store.StoreError, store.MigrationError, ValueError) as error:
        raise Trouble(str(error)) from error
    for name in done:
        click.echo(f"applied {name}")
    click.echo(f"{database}: {len(done)} applied" if done else f"{database}: up to date")
