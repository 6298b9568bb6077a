"""Prices: the models seen in the books, looked up in genai-prices, as rows of the table ``prices``.

The table holds rates, not costs: the cost of every call is computed in ClickHouse, so that a price
that was wrong can be put right afterwards. https://github.com/pydantic/genai-prices
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tokenboard.store import rows as table_rows
from tokenboard.store import sql
from tokenboard.store.price_list import EPOCH, FOREVER, SOURCE, WHOLE_DAY, Found, look_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickhouse_connect.driver.client import Client


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync found, as (provider, model): priced, unknown, newly priced, with an own price."""

    priced: tuple[tuple[str, str], ...]
    unknown: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, str], ...]
    own: tuple[tuple[str, str], ...] = ()


_COLUMNS = (
    "provider", "model", "service_tier", "valid_from", "minute_from", "minute_to", "context_over",
    "priority", "known", "input", "output", "cache_read", "cache_write", "cache_write_1h",
    "audio_input", "audio_output", "reasoning", "request_usd", "hour_usd", "valid_until", "own",
    "source", "source_model", "version",
)  # fmt: skip


def sync(
    client: Client,
    database: str = "tokenboard",
    *,
    new_only: bool = False,
    overrides: str | None = None,
) -> Synced:
    """Look up the models seen in the books and write what differs from the table.

    The hours in which a model whose price changed was called are marked dirty: the next refresh
    gives their calls the new cost. ``new_only`` looks only at models of the last days that are not
    in the table yet, which costs one small query when there are none. ``overrides`` is the text of
    a file of own prices, kept in the books and gone by from then on; without it what is kept there
    holds, or the file that ``TOKENBOARD_PRICE_OVERRIDES`` names. Empty text: none any more.

    Raises:
        OverrideError: the file of own prices has a fault; nothing was changed.
    """
    from tokenboard.store import overrides as own_prices

    layout = sql.Layout(database=database)
    kept = own_prices.kept(client, layout)
    told = own_prices.told() if overrides is None else overrides
    text = kept if told is None else told
    try:
        own = own_prices.parse(text)
    except own_prices.OverrideError as error:
        raise own_prices.OverrideError(f"own prices: {error}") from error
    if text != kept:
        new_only = False
        setting = (own_prices.SETTING, text)
        table_rows.insert(client, database, "settings", ("name", "value"), [setting])
    wanted = _seen(client, layout, new_only=new_only)
    have = _have(client, layout) if wanted else {}
    priced: list[tuple[str, str]] = []
    unknown: list[tuple[str, str]] = []
    changed: list[tuple[str, str]] = []
    owned: list[tuple[str, str]] = []
    rows: list[list[Any]] = []
    version = 0
    for pair in wanted:
        found = own_prices.put_over(look_up(*pair), [one for one in own if one.matches(*pair)])
        if any(rate.own for rate in found.rates):
            owned.append(pair)
        (priced if found.rates else unknown).append(pair)
        fresh = _rows(pair, found)
        if pair in have and sorted(have[pair]) == sorted(map(_comparable, fresh)):
            continue
        version = version or _draw(client)
        changed.append(pair)
        rows.extend(
            [*row, "own" if row[-1] else SOURCE, found.source_model, version] for row in fresh
        )
    if rows:
        table_rows.insert(client, database, "prices", _COLUMNS, rows)
        _mark(client, layout, [pair for pair in changed if pair in have or pair in priced])
    return Synced(tuple(priced), tuple(unknown), tuple(changed), tuple(owned))


def _rows(pair: tuple[str, str], found: Found) -> list[list[Any]]:
    if not found.rates:
        zero = Decimal(0)
        return [[*pair, "", EPOCH, *WHOLE_DAY, 0, 0, False, *(zero,) * 10, FOREVER, False]]
    return [
        [
            *pair, one.service_tier, one.valid_from, *one.minutes, one.context_over, one.priority,
            True, one.input, one.output, one.cache_read, one.cache_write, one.cache_write_1h,
            one.audio_input, one.audio_output, one.reasoning, one.request_usd, one.hour_usd,
            one.valid_until, one.own,
        ]
        for one in found.rates
    ]  # fmt: skip


def _comparable(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        one.timestamp()
        if isinstance(one, datetime)
        else Decimal(one).normalize()
        if isinstance(one, Decimal)
        else one
        for one in row[2:]
    )


def _have(client: Client, layout: sql.Layout) -> dict[tuple[str, str], list[tuple[Any, ...]]]:
    """Return the rows that hold now, by model, without what does not bear on the cost."""
    columns = ", ".join(
        f"toUnixTimestamp({name}) AS {name}" if name.startswith("valid_") else name
        for name in _COLUMNS[:-3]
    )
    rows = client.query(
        sql.render(f"SELECT {columns} FROM {{db}}.current_prices", layout)
    ).result_rows
    have: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for row in rows:
        have.setdefault((row[0], row[1]), []).append(_comparable(row))
    return have


def _seen(client: Client, layout: sql.Layout, *, new_only: bool) -> list[tuple[str, str]]:
    fresh = (
        "AND day > today() - 3 "
        "AND (provider, model) NOT IN (SELECT provider, model FROM {db}.prices) "
        if new_only
        else ""
    )
    rows = client.query(
        sql.render(
            f"SELECT provider, model FROM {{db}}.usage_1d WHERE model != '' {fresh}"
            "GROUP BY provider, model ORDER BY provider, model",
            layout,
        )
    ).result_rows
    return [(str(provider), str(model)) for provider, model in rows]


def _draw(client: Client) -> int:
    return int(client.query("SELECT generateSnowflakeID()").result_rows[0][0])


def _mark(client: Client, layout: sql.Layout, pairs: list[tuple[str, str]]) -> None:
    """Mark the slots of the hours in which these models were called."""
    if not pairs:
        return
    client.command(
        sql.render(
            "INSERT INTO {db}.dirty_slots (slot, marks, rows) "
            "SELECT slot, 1, 0 FROM (SELECT DISTINCT slot FROM {db}.dirty_slots) "
            "WHERE toStartOfHour(slot) IN (SELECT hour FROM {db}.usage_1h "
            "WHERE has(%(providers)s, CAST(provider, 'String')) "
            "AND has(%(models)s, CAST(model, 'String')))",
            layout,
        ),
        parameters={
            "providers": sorted({provider for provider, _ in pairs}),
            "models": sorted({model for _, model in pairs}),
        },
    )
