"""The public price list, genai-prices, as rates: what holds for which calls of a model.

https://github.com/pydantic/genai-prices
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from genai_prices.types import ModelInfo, ModelPrice

SOURCE = "genai-prices"
WHOLE_DAY = (0, 1440)

# gen_ai.provider.name -> the provider's id in genai-prices, where they differ.
PRICE_PROVIDERS: Mapping[str, str] = {
    "aws.bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "fireworks_ai": "fireworks",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "github": "github-copilot",
    "mistral_ai": "mistral",
    "moonshot_ai": "moonshotai",
    "together_ai": "together",
    "voyage_ai": "voyageai",
    "x_ai": "x-ai",
    "z_ai": "zai",
}

# What a provider calls the tier that everybody gets: no price of its own.
_PLAIN_TIERS = frozenset({"", "auto", "default", "on_demand", "standard"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER = datetime(2106, 2, 7, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rate:
    """The rates that hold for some calls of a model: US dollars per million tokens.

    Attributes:
        service_tier: the tier that the answer named, or empty for any.
        valid_from: UTC.
        minutes: of the day in UTC, (from, to), to excluded; from > to spans midnight.
        context_over: holds for calls with more input tokens than this.
        priority: of several rows that hold for a call the greatest one counts.
        request_usd: US dollars for each call beside its tokens.
        hour_usd: US dollars for each hour that a call takes, beside its tokens.
        valid_until: UTC, excluded.
        own: of an own contract or server, not of the public price list.
    """

    service_tier: str
    valid_from: datetime
    minutes: tuple[int, int]
    context_over: int
    priority: int
    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal
    cache_write_1h: Decimal
    audio_input: Decimal
    audio_output: Decimal
    reasoning: Decimal
    request_usd: Decimal
    hour_usd: Decimal = Decimal(0)
    valid_until: datetime = FOREVER
    own: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What the price list has for a model: its name there and its rates, none if unknown."""

    source_model: str
    rates: tuple[Rate, ...]


def look_up(provider: str, model: str) -> Found:
    """Return the rates of a model by the names that stand in the books.

    ``provider`` is a ``gen_ai.provider.name``. A model that the price list does not have under that
    provider is unknown: what somebody else asks for it says nothing.
    """
    from genai_prices.data_snapshot import get_snapshot

    if not provider or not model:
        return Found("", ())
    try:
        at, info = get_snapshot().find_provider_model(
            model, None, PRICE_PROVIDERS.get(provider, provider), None
        )
    except LookupError:
        return Found("", ())
    own = any(info is each for each in at.models)
    return Found(f"{at.id}/{info.id}", tuple(_rates(info, variants=own)))


def _rates(info: ModelInfo, *, variants: bool) -> list[Rate]:
    """Return a rate for every combination of conditions, the least specific first.

    The conditions are only enumerated here; which price holds under them the price list itself
    says, asked for a moment inside each.
    """
    tiers = [""]
    if variants:
        values = {value for one in info.price_variants or () for value in one.when.values()}
        tiers += sorted(values - _PLAIN_TIERS)
    constraints = _constraints(info)
    dates = sorted({EPOCH.date(), *(one for one in constraints if isinstance(one, date))})
    windows = sorted({one for one in constraints if isinstance(one, tuple)})
    rates: list[Rate] = []
    for tier in tiers:
        before: list[Rate] = []
        for day in dates:
            new = _rates_of(info, tier, day, windows)
            if [_price(one) for one in new] != [_price(one) for one in before]:
                rates.extend(new)
                before = new
    return [replace(one, priority=place) for place, one in enumerate(rates, 1)]


def _rates_of(info: ModelInfo, tier: str, day: date, windows: list[tuple[int, int]]) -> list[Rate]:
    context = {"service_tier": tier, "processing": tier, "speed": tier} if tier else None
    rates: list[Rate] = []
    for window in (WHOLE_DAY, *windows):
        minute = _outside(windows) if window == WHOLE_DAY else window[0]
        moment = datetime.combine(day, time(), UTC) + timedelta(minutes=minute)
        price = info.get_prices(moment, context)
        found = (_rate(price, tier, day, window, over) for over in _thresholds(price))
        rates.extend(one for one in found if one is not None)
    return rates


def _price(rate: Rate) -> Rate:
    return replace(rate, valid_from=EPOCH)


def _constraints(info: ModelInfo) -> list[date | tuple[int, int]]:
    from genai_prices.types import StartDateConstraint, TimeOfDateConstraint

    conditions = [] if not isinstance(info.prices, list) else info.prices
    found: list[date | tuple[int, int]] = []
    for one in (*conditions, *(info.price_variants or ())):
        match one.constraint:
            case StartDateConstraint(start_date):
                found.append(start_date)
            case TimeOfDateConstraint(start, end):
                found.append((_minute(start), _minute(end)))
            case _:
                pass
    return found


def _minute(moment: time) -> int:
    # a time without a zone is UTC in the price list
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    utc = datetime.combine(date(2000, 1, 2), aware).astimezone(UTC)
    return utc.hour * 60 + utc.minute


def _outside(windows: Sequence[tuple[int, int]]) -> int:
    """Return a minute of the day that lies in none of the windows, or 0."""

    def inside(minute: int, window: tuple[int, int]) -> bool:
        start, end = window
        return start <= minute < end if start <= end else minute >= start or minute < end

    ends = [end % 1440 for _, end in windows]
    return next((m for m in [0, *ends] if not any(inside(m, w) for w in windows)), 0)


def _thresholds(price: ModelPrice) -> list[int]:
    from genai_prices.types import TieredPrices

    tiered = [one for one in vars(price).values() if isinstance(one, TieredPrices)]
    return sorted({0, *(tier.start for one in tiered for tier in one.tiers)})


def _rate(
    price: ModelPrice, tier: str, day: date, minutes: tuple[int, int], over: int
) -> Rate | None:
    def first(*names: str) -> Decimal | None:
        for name in names:
            value = _at(getattr(price, name, None), over)
            if value is not None:
                return value
        return None

    told_input = first("input_mtok", "input_text_mtok")
    told_output = first("output_mtok", "output_text_mtok")
    requests = first("requests_kcount")
    if told_input is None and told_output is None and requests is None:
        return None  # sold by the hour, the page or the character: tokens have no price
    nothing = Decimal(0)
    # What has no rate of its own is billed like the count that it is a part of.
    base = told_input if told_input is not None else nothing
    out = told_output if told_output is not None else nothing
    write = first("cache_write_mtok", "cache_write_5m_mtok")
    write = base if write is None else write
    hour = first("cache_write_1h_mtok")
    read, heard, spoken, thought = (
        first(name)
        for name in (
            "cache_read_mtok",
            "input_audio_mtok",
            "output_audio_mtok",
            "output_reasoning_mtok",
        )
    )
    return Rate(
        service_tier=tier,
        valid_from=datetime.combine(day, time(), UTC),
        minutes=minutes,
        context_over=over,
        priority=0,
        input=base,
        output=out,
        cache_read=base if read is None else read,
        cache_write=write,
        cache_write_1h=write if hour is None else hour,
        audio_input=base if heard is None else heard,
        audio_output=out if spoken is None else spoken,
        reasoning=out if thought is None else thought,
        request_usd=(requests or nothing) / 1000,
    )


def _at(value: object, over: int) -> Decimal | None:
    """Return the price of calls with more input tokens than ``over``, a threshold or 0."""
    from genai_prices.types import TieredPrices

    if isinstance(value, TieredPrices):
        reached = [tier.price for tier in value.tiers if tier.start <= over and over > 0]
        return reached[-1] if reached else value.base
    return value if isinstance(value, Decimal) else None
