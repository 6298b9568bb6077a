"""A company's own prices: contracts and self-hosted models, from a TOML file.

The file is a list of ``[[price]]`` tables; see ``docs/books.md``. It is kept in the books (setting
``price_overrides``), so that everybody who looks prices up goes by the same.
"""

from __future__ import annotations

import fnmatch
import os
import tomllib
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tokenboard.store import sql
from tokenboard.store.price_list import EPOCH, FOREVER, WHOLE_DAY, Found, Rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickhouse_connect.driver.client import Client

SETTING = "price_overrides"
_RATES = (
    "input", "output", "cache_read", "cache_write", "cache_write_1h", "audio_input",
    "audio_output", "reasoning",
)  # fmt: skip
_MOST_USD = Decimal(1_000_000)


class OverrideError(ValueError):
    """The file cannot be used; the message names the entry and the mend in one line."""


@dataclass(frozen=True, slots=True)
class Override:
    """One ``[[price]]`` of the file.

    Attributes:
        provider: pattern (``*``, ``?``) of ``gen_ai.provider.name``.
        model: pattern of the model's name, as it stands in the books.
        valid_from: UTC, included.
        valid_until: UTC, excluded.
        service_tier: the tier that the answer has to name; empty: any.
        context_over: holds for calls with more input tokens than this.
        discount: share taken off the list price; None where rates are given.
        rates: US dollars per million tokens, by name; what has no rate of its own costs what the
            count costs that it is a part of.
        request_usd: US dollars a call.
        hour_usd: US dollars for each hour that a call takes.
    """

    provider: str = "*"
    model: str = "*"
    valid_from: datetime = EPOCH
    valid_until: datetime = FOREVER
    service_tier: str = ""
    context_over: int = 0
    discount: Decimal | None = None
    rates: tuple[tuple[str, Decimal], ...] = ()
    request_usd: Decimal = Decimal(0)
    hour_usd: Decimal = Decimal(0)

    def matches(self, provider: str, model: str) -> bool:
        """Whether it is for this model."""
        return fnmatch.fnmatchcase(provider, self.provider) and fnmatch.fnmatchcase(
            model, self.model
        )

    def over(self, listed: Sequence[Rate]) -> list[Rate]:
        """Return the rates that it puts above those of the price list, without a priority."""
        if self.discount is not None:
            return [
                self._bounded(_scaled(rate, 1 - self.discount))
                for rate in listed
                if self.service_tier in {"", rate.service_tier}
                and rate.valid_from < self.valid_until
            ]
        given = dict(self.rates)
        zero = Decimal(0)
        base, out = given.get("input", zero), given.get("output", zero)
        write = given.get("cache_write", base)
        return [
            Rate(
                service_tier=self.service_tier,
                valid_from=self.valid_from,
                minutes=WHOLE_DAY,
                context_over=self.context_over,
                priority=0,
                input=base,
                output=out,
                cache_read=given.get("cache_read", base),
                cache_write=write,
                cache_write_1h=given.get("cache_write_1h", write),
                audio_input=given.get("audio_input", base),
                audio_output=given.get("audio_output", out),
                reasoning=given.get("reasoning", out),
                request_usd=self.request_usd,
                hour_usd=self.hour_usd,
                valid_until=self.valid_until,
                own=True,
            )
        ]

    def _bounded(self, rate: Rate) -> Rate:
        return replace(
            rate,
            valid_from=max(rate.valid_from, self.valid_from),
            valid_until=min(rate.valid_until, self.valid_until),
            context_over=max(rate.context_over, self.context_over),
            own=True,
        )


def _scaled(rate: Rate, share: Decimal) -> Rate:
    money = {name: getattr(rate, name) * share for name in (*_RATES, "request_usd")}
    return replace(rate, **money)


def put_over(found: Found, own: Sequence[Override]) -> Found:
    """Put own prices above those of the list; the file's later entries above its earlier ones."""
    rates = [*found.rates, *(rate for one in own for rate in one.over(found.rates))]
    return Found(
        found.source_model,
        tuple(replace(one, priority=place) for place, one in enumerate(rates, 1)),
    )


def kept(client: Client, layout: sql.Layout) -> str:
    """Return the text of the file that is kept in the books; empty if there is none."""
    query = f"SELECT value FROM {{db}}.settings FINAL WHERE name = '{SETTING}'"
    rows = client.query(sql.render(query, layout)).result_rows
    return str(rows[0][0]) if rows else ""


def told() -> str | None:
    """Return the text of the file that the environment names, None if it names none.

    Raises:
        OverrideError: it cannot be read.
    """
    path = os.environ.get("TOKENBOARD_PRICE_OVERRIDES")
    if not path:
        return None
    try:
        return Path(path).expanduser().read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OverrideError(f"TOKENBOARD_PRICE_OVERRIDES: cannot read {path}: {error}") from error


def parse(text: str) -> tuple[Override, ...]:
    """Return the entries of a file, in its order: a later one goes before an earlier one.

    Raises:
        OverrideError: no TOML, or an entry that makes no sense.
    """
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise OverrideError(f"no TOML: {error}") from error
    if unknown := sorted(set(document) - {"price"}):
        raise OverrideError(f"nothing is known of {unknown[0]!r}: the file is a list of [[price]]")
    entries = document.get("price", [])
    if not isinstance(entries, list):
        raise OverrideError("write [[price]], with two brackets, for each entry")
    return tuple(
        _entry(number, entry) for number, entry in enumerate(cast("list[Any]", entries), 1)
    )


def _entry(number: int, entry: Any) -> Override:
    if not isinstance(entry, dict):
        raise OverrideError("write [[price]], with two brackets, for each entry")
    reader = _Reader(number, cast("dict[str, Any]", entry))
    hour = reader.money("gpu_hour_usd")
    gpus, concurrency = reader.money("gpus"), reader.money("concurrency")
    if hour is None and (gpus is not None or concurrency is not None):
        raise reader.fault("gpus and concurrency go with gpu_hour_usd")
    if concurrency == 0:
        raise reader.fault("concurrency is at least one call at a time")
    rates = tuple((name, rate) for name in _RATES if (rate := reader.money(name)) is not None)
    request = reader.money("request_usd")
    discount = reader.money("discount")
    if discount is not None and discount >= 1:
        raise reader.fault("discount is a share of the list price, below 1: 0.2 for 20 % off")
    if discount is not None and (rates or hour is not None or request is not None):
        raise reader.fault("give either a discount on the list price or prices, not both")
    found = Override(
        provider=reader.text("provider", "*"),
        model=reader.text("model", "*"),
        valid_from=reader.moment("valid_from", EPOCH),
        valid_until=reader.moment("valid_until", FOREVER),
        service_tier=reader.text("service_tier", ""),
        context_over=int(reader.money("context_over") or 0),
        discount=discount,
        rates=rates,
        request_usd=request or Decimal(0),
        hour_usd=_hourly(hour, gpus, concurrency),
    )
    reader.done()  # a slip in a name goes before what is missing because of it
    if discount is None and not rates and hour is None and request is None:
        raise reader.fault(
            "has no price: give input and output (US dollars per million tokens), "
            "discount, request_usd or gpu_hour_usd"
        )
    if (found.provider, found.model) == ("*", "*") and discount is None:
        raise reader.fault("names neither provider nor model: one price for everything is a slip")
    if found.valid_from >= found.valid_until:
        raise reader.fault("valid_until is not after valid_from")
    return found


def _hourly(hour: Decimal | None, gpus: Decimal | None, concurrency: Decimal | None) -> Decimal:
    if hour is None:
        return Decimal(0)
    share = hour * (Decimal(1) if gpus is None else gpus)
    return (share / (Decimal(1) if concurrency is None else concurrency)).quantize(
        Decimal("0.000001")
    )


class _Reader:
    """Takes the values of one entry and knows what is left."""

    def __init__(self, number: int, entry: dict[str, Any]) -> None:
        self._left = dict(entry)
        self._what = f"price {number} ({entry.get('model', entry.get('provider', 'no model'))})"

    def fault(self, what: str) -> OverrideError:
        return OverrideError(f"{self._what}: {what}")

    def text(self, name: str, default: str) -> str:
        value = self._left.pop(name, default)
        if not isinstance(value, str):
            raise self.fault(f"{name} is a text in quotes, not {value!r}")
        return value

    def money(self, name: str) -> Decimal | None:
        value = self._left.pop(name, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.fault(f"{name} is a number without quotes, not {value!r}")
        if not (number := Decimal(value)).is_finite() or not 0 <= number <= _MOST_USD:
            raise self.fault(f"{name} = {value} is out of range: 0 to {_MOST_USD:,}")
        return number

    def moment(self, name: str, default: datetime) -> datetime:
        value = self._left.pop(name, default)
        if isinstance(value, datetime):
            found = value if value.tzinfo else value.replace(tzinfo=UTC)
        elif isinstance(value, date):
            found = datetime.combine(value, time(), UTC)
        else:
            raise self.fault(f"{name} is a day without quotes such as 2026-07-01, not {value!r}")
        if not EPOCH <= found <= FOREVER:
            raise self.fault(f"{name} is out of range: 1970 to 2106")
        return found

    def done(self) -> None:
        if self._left:
            known = [one.name for one in fields(Override) if one.name not in {"rates", "hour_usd"}]
            known += [*_RATES, "gpu_hour_usd", "gpus", "concurrency"]
            raise self.fault(
                f"nothing is known of {min(self._left)!r}: there are {', '.join(known)}"
            )
