"""Bring a database to this version's schema: the files of ``clickhouse/`` in order, forward only.

Views (``CREATE OR REPLACE VIEW``) hold no data, so a file that has changed is applied again; every
other file is applied once for ever. Each statement is idempotent: a migration that was cut short
goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tokenboard import resources
from tokenboard.store import rows, sql

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clickhouse_connect.driver.client import Client

_LEDGER = """
CREATE TABLE IF NOT EXISTS {db}.migrations {on_cluster}
(
    name String,
    checksum String COMMENT 'of the statement as applied, settings filled in',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree(applied_at)}
ORDER BY name
"""

_RETENTION = ("raw_days", "fact_days", "rollup_days")
_TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS \{db\}\.(\w+)")
_TTL = re.compile(r"^TTL (.+?) \+ INTERVAL \{(raw_days|fact_days)\} DAY", re.MULTILINE)
# Kept for ever unless told otherwise; by which column they would expire.
_ROLLUPS = {
    "usage_1h_rows": "hour",
    "usage_1d_rows": "day",
    "team_usage_1h_rows": "hour",
    "team_usage_1d_rows": "day",
    "usage_cube_1h_rows": "hour",
    "usage_cube_1d_rows": "day",
    "attempt_1h_rows": "hour",
    "attempt_1d_rows": "day",
}


class MigrationError(Exception):
    """The database cannot be brought to this version; the message names the mend in one line."""


def files() -> list[Path]:
    """Return the numbered SQL files in order."""
    return sorted(resources.folder("clickhouse").glob("[0-9][0-9][0-9][0-9]_*.sql"))


def migrate(
    client: Client, database: str = "tokenboard", *, layout: sql.Layout | None = None
) -> list[str]:
    """Apply what is missing and return the names of the files applied, in order.

    Safe to run at any time and by several processes at once. ``layout`` says more than the
    database's name: retention, cluster; without it what the database was last given holds. Another
    retention than before is applied to the tables there are. A client that had no database of its
    own reads this one from then on.

    Raises:
        MigrationError: the database was made by a newer version, or a statement failed.
    """
    kept = layout_of(client, (layout or sql.Layout(database)).database)
    layout = layout or kept or sql.Layout(database)
    wanted = files()
    applied = _applied(client, layout)
    newer = sorted(set(applied) - {path.stem for path in wanted})
    if newer:
        raise MigrationError(
            f"the database {layout.database!r} was made by a newer tokenboard (it has "
            f"{newer[-1]}): "
            "upgrade this installation: pip install --upgrade 'tokenboard[server]'"
        )
    done: dict[str, str] = {}
    try:
        for path in wanted:
            template = sql.text(path.name)
            statement = sql.render(template, layout)
            checksum = hashlib.sha256(statement.encode()).hexdigest()
            repeatable = "CREATE OR REPLACE VIEW" in template
            if path.stem in applied and (not repeatable or applied[path.stem] == checksum):
                continue
            _apply(client, path.stem, statement)
            done[path.stem] = checksum
    finally:
        _note(client, layout, done)
    _own(client, layout)
    if layout != kept or done:
        _retain(client, layout, kept or replace(layout, rollup_days=0), done)
    if client.database in {None, "", "default", "__default__"}:
        client.database = layout.database
    return list(done)


def _own(client: Client, layout: sql.Layout) -> None:
    """Let materialized views write with the rights of who migrates, not of who inserts.

    Without this whoever may insert raw telemetry would need to read it, too, and to write the facts
    themselves. The default that a server notes for it does not reach views made before:
    https://clickhouse.com/docs/sql-reference/statements/create/view#sql_security
    """
    from clickhouse_connect.driver.binding import quote_identifier

    found = client.query(
        "SELECT name, currentUser() FROM system.tables "
        f"WHERE database = '{layout.database}' AND engine = 'MaterializedView' AND definer = ''"
    )
    for view, user in found.result_rows:
        change = f"MODIFY DEFINER = {quote_identifier(str(user))} SQL SECURITY DEFINER"
        statement = f"ALTER TABLE {{db}}.{view} {{on_cluster}} {change}"
        _apply(client, str(view), sql.render(statement, layout))


def _note(client: Client, layout: sql.Layout, done: Mapping[str, str]) -> None:
    """Write down what was applied, in one insert: each costs more than most statements do.

    Where the process dies before this, the next one applies them again, and nothing changes.
    """
    columns = ("name", "checksum")
    rows.insert(client, layout.database, "migrations", columns, done.items())


def layout_of(client: Client, database: str = "tokenboard") -> sql.Layout | None:
    """Return how a database was made, None if it has not been made yet."""
    layout = sql.Layout(database=database)
    exists = f"EXISTS TABLE `{layout.database}`.settings"
    if not client.query(exists).result_rows[0][0]:
        return None
    query = "SELECT name, value FROM {db}.settings FINAL WHERE startsWith(name, 'layout.')"
    told = {
        str(name).removeprefix("layout."): str(value)
        for name, value in client.query(sql.render(query, layout)).result_rows
    }
    if not told:
        return None
    days = {name: int(told[name]) for name in _RETENTION if name in told}
    return replace(layout, cluster=told.get("cluster", ""), **days)


def _retain(client: Client, layout: sql.Layout, was: sql.Layout, fresh: Mapping[str, str]) -> None:
    """Give the tables the retention of ``layout`` and note it for whoever migrates next.

    Rollups among the files just applied (``fresh``) are kept for ever until this says otherwise.
    """
    for path in files():
        template = sql.text(path.name)
        table = _TABLE.search(template)
        told = _TTL.search(template)
        if table is None or (told is None and table[1] not in _ROLLUPS):
            continue
        name = told[2] if told else "rollup_days"
        days = getattr(layout, name)
        had = 0 if told is None and path.stem in fresh else getattr(was, name)
        if days == had:
            continue
        since = told[1] if told else _ROLLUPS[table[1]]
        change = f"MODIFY TTL {since} + INTERVAL {days} DAY" if days else "REMOVE TTL"
        statement = f"ALTER TABLE {{db}}.{table[1]} {{on_cluster}} {change}"
        _apply(client, path.stem, sql.render(statement, layout))
    noted = [[f"layout.{name}", str(getattr(layout, name))] for name in (*_RETENTION, "cluster")]
    rows.insert(client, layout.database, "settings", ("name", "value"), noted)


def _applied(client: Client, layout: sql.Layout) -> dict[str, str]:
    """Return name -> checksum of what is applied, having made a place to note it."""
    cluster = f" ON CLUSTER `{layout.cluster}`" if layout.cluster else ""
    _apply(client, "database", f"CREATE DATABASE IF NOT EXISTS `{layout.database}`{cluster}")
    _apply(client, "migrations", sql.render(_LEDGER, layout))
    query = f"SELECT name, checksum FROM `{layout.database}`.migrations FINAL"
    applied = client.query(query).result_rows
    return {str(name): str(checksum) for name, checksum in applied}


def _apply(client: Client, name: str, statement: str) -> None:
    from clickhouse_connect.driver.exceptions import ClickHouseError

    try:
        client.command(statement)
    except ClickHouseError as error:
        reason = str(error).strip().splitlines()[0]
        raise MigrationError(f"migration {name} failed: {reason}") from error
