"""What calls cost; rates are put into the table by hand, or checked against the price list's own arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price
from store.spans import call
from tokenboard.store import prices

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)


def test_every_kind_of_token_has_its_rate(books):
    """Cached, cache-written, audio and plain tokens of one call are billed at their own rates."""
    books.price()
    books.send(
        call(
            ts=NOON, model="m-1", input_tokens=1000, output_tokens=500, cache_read=300, cache_write=200,
            attributes={
                "tokenboard.usage.cache_write_1h.input_tokens": 50,
                "tokenboard.usage.audio.input_tokens": 100,
                "tokenboard.usage.audio.output_tokens": 20,
            },
        )
    )  # fmt: skip
    books.refresh()
    # 400 plain at 2, 300 read at 0.5, 150 written at 3, 50 written for an hour at 4, 100 heard at 40,
    # 480 said at 8, 20 spoken at 80, all a million
    assert books.value("SELECT cost_usd FROM {db}.priced_calls") == Decimal("0.011040000000")


def test_the_context_decides_for_each_call(books):
    """Two calls of 150,000 tokens are cheap, one of 300,000 is dear: sums could not tell."""
    books.price()
    books.price(context_over=200_000, priority=2, input=Decimal(4), output=Decimal(16))
    for tokens in (150_000, 150_000, 200_000, 200_001):
        books.send(call(ts=NOON, model="m-1", input_tokens=tokens, output_tokens=0, prompt=None))
    books.refresh()
    costs = [
        line["cost_usd"] for line in books.rows("SELECT cost_usd FROM {db}.priced_calls ORDER BY 1")
    ]
    assert costs == [Decimal(one) for one in ("0.3", "0.3", "0.4", "0.800004")]


def test_date_time_of_day_and_service_tier_pick_the_rate(books):
    """A newer price holds from its day on, a night price at night, a tier's price for its tier."""
    day = NOON.replace(hour=0)
    books.price()
    books.price(
        priority=2,
        valid_from=(day - timedelta(days=5)).replace(tzinfo=None),
        input=Decimal(3),
    )
    books.price(priority=3, minute_from=1200, minute_to=120, input=Decimal(1))
    books.price(priority=4, service_tier="batch", input=Decimal("0.25"))
    old, noon, night = (
        day - timedelta(days=6, hours=-12),
        day - timedelta(hours=12),
        day - timedelta(hours=2),
    )
    for ts, tier in ((old, None), (noon, None), (night, None), (noon, "batch"), (noon, "flex")):
        books.send(
            call(
                ts=ts, model="m-1", input_tokens=1_000_000, output_tokens=0,
                attributes={"tokenboard.service_tier": tier},
            )
        )  # fmt: skip
    books.refresh()
    found = books.rows("SELECT ts, service_tier, cost_usd FROM {db}.priced_calls")
    costs = {
        (line["ts"].replace(tzinfo=UTC), line["service_tier"]): line["cost_usd"] for line in found
    }
    assert costs == {
        (old, ""): 2, (noon, ""): 3, (night, ""): 1, (noon, "batch"): Decimal("0.25"), (noon, "flex"): 3,
    }  # fmt: skip


def test_a_price_holds_from_its_moment_to_that_of_the_next(books):
    """To the microsecond: a date's price from midnight on, a night's until the minute it ends in begins."""
    day = NOON.replace(hour=0) - timedelta(days=5)
    books.price()
    books.price(priority=2, valid_from=day.replace(tzinfo=None), input=Decimal(3))
    books.price(priority=3, minute_from=1200, minute_to=120, input=Decimal(1))
    before = timedelta(microseconds=-1)
    wanted = {
        day - timedelta(hours=4): 1,  # a night before there was the new price
        day - timedelta(hours=4) + before: 2,
        day + timedelta(hours=2): 3,
        day + timedelta(hours=2) + before: 1,
        day + timedelta(hours=20): 1,
        day + timedelta(hours=20) + before: 3,
    }
    books.price(
        priority=4, service_tier="batch", valid_from=day.replace(tzinfo=None), input=Decimal(7)
    )
    wanted_of_batches = {day: 7, day + before: 1}
    for ts in wanted:
        books.send(call(ts=ts, model="m-1", input_tokens=1_000_000, output_tokens=0))
    for ts in wanted_of_batches:
        books.send(
            call(
                ts=ts, model="m-1", input_tokens=1_000_000, output_tokens=0,
                attributes={"tokenboard.service_tier": "batch"},
            )
        )  # fmt: skip
    books.refresh()
    found = books.rows("SELECT ts, cost_usd FROM {db}.priced_calls")
    costs = {line["ts"].replace(tzinfo=UTC): line["cost_usd"] for line in found}
    assert costs == wanted | wanted_of_batches


def test_unknown_is_not_free(books):
    """Unknown usage and unknown prices cost NULL and are counted; a refused call costs nothing."""
    books.price()
    books.send(
        call(ts=NOON, model="m-1", input_tokens=None, output_tokens=None),
        call(ts=NOON, model="m-2", input_tokens=10, output_tokens=1),
        call(ts=NOON, model="m-1", error="429", status=429, input_tokens=None, output_tokens=None),
    )
    books.refresh()
    found = books.one(
        "SELECT sum(cost_usd) AS usd, sum(calls) AS calls, sum(unknown_calls) AS unknown, "
        "sum(unpriced_calls) AS unpriced FROM {db}.usage_1h"
    )
    assert found == {"usd": Decimal(0), "calls": 3, "unknown": 1, "unpriced": 1}
    assert books.one("SELECT cost_usd, unpriced_calls FROM {db}.standings WHERE window_days = 30 AND subject = 'user'") == {
        "cost_usd": Decimal(0), "unpriced_calls": 1,
    }  # fmt: skip


def test_a_person_with_nothing_priced_has_no_cost(books):
    """A board that cannot know a cost shows none."""
    books.send(call(ts=NOON, model="m-2"))
    books.refresh()
    assert books.one("SELECT cost_usd FROM {db}.leaderboard")["cost_usd"] is None


def test_a_corrected_price_corrects_what_was_spent(books):
    """A new version of a model's prices replaces the former rows whole, and past calls with them."""
    books.price(version=1)
    books.price(version=1, context_over=10, priority=9, input=Decimal(1000))
    books.send(call(ts=NOON, model="m-1", input_tokens=1_000_000, output_tokens=0))
    books.refresh()
    assert books.value("SELECT cost_usd FROM {db}.leaderboard") == 1000
    books.price(version=2, input=Decimal(5))
    books.run("INSERT INTO {db}.dirty_slots SELECT slot, 1, 0 FROM {db}.dirty_slots")
    books.refresh()
    assert books.value("SELECT cost_usd FROM {db}.leaderboard") == 5


@pytest.mark.parametrize(
    ("provider", "listed", "model", "usage"),
    [
        ("openai", "openai", "gpt-4o-2024-08-06", {"input_tokens": 1000, "cache_read_tokens": 400}),
        ("azure.ai.openai", "azure", "gpt-4o", {"input_tokens": 1000, "output_tokens": 77}),
        (
            "anthropic",
            "anthropic",
            "claude-sonnet-4-5-20250929",
            {
                "input_tokens": 250_000,
                "cache_read_tokens": 100_000,
                "cache_write_tokens": 50_000,
                "output_tokens": 999,
            },
        ),
        ("gcp.gemini", "google", "gemini-2.5-pro", {"input_tokens": 200_001, "output_tokens": 5}),
        ("aws.bedrock", "aws", "anthropic.claude-3-5-sonnet-20240620-v1:0", {"input_tokens": 10}),
        ("deepseek", "deepseek", "deepseek-chat", {"input_tokens": 10_000, "output_tokens": 3}),
        ("mistral_ai", "mistral", "mistral-large-latest", {"input_tokens": 1, "output_tokens": 1}),
    ],
)
def test_sync_prices_calls_as_the_price_list_does(books, provider, listed, model, usage):
    """After a sync a call costs what the price list itself computes for it, to the picodollar."""
    books.send(
        call(
            ts=NOON, provider=provider, model=model, input_tokens=usage["input_tokens"],
            output_tokens=usage.get("output_tokens", 0), cache_read=usage.get("cache_read_tokens"),
            cache_write=usage.get("cache_write_tokens"),
        )
    )  # fmt: skip
    books.refresh()
    done = prices.sync(books.client, books.database)
    assert done.changed == ((provider, model),)
    books.refresh()
    expected = calc_price(
        Usage(**usage), model, provider_id=listed, genai_request_timestamp=NOON
    ).total_price
    assert books.value("SELECT cost_usd FROM {db}.priced_calls") == expected


def test_sync_says_what_it_does_not_know_and_asks_once(books):
    """An unlisted model is reported and noted; a second sync changes nothing and prices nothing."""
    books.send(call(ts=NOON, provider="ollama", model="llama3.2"), call(ts=NOON, model="gpt-4o"))
    books.refresh()
    first = prices.sync(books.client, books.database, new_only=True)
    assert first.unknown == (("ollama", "llama3.2"),)
    assert first.priced == (("openai", "gpt-4o"),)
    assert prices.sync(books.client, books.database, new_only=True) == prices.Synced((), (), ())
    assert prices.sync(books.client, books.database).changed == ()
    books.refresh()
    found = books.rows("SELECT model, cost_usd FROM {db}.priced_calls ORDER BY model")
    assert [tuple(line.values()) for line in found] == [
        ("gpt-4o", Decimal("0.00035")),  # 100 in at 2.50, 10 out at 10.00 a million
        ("llama3.2", None),
    ]
