"""A company's own prices: contracts, self-hosted models by token and by GPU-hour, and faulty files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from store.spans import call
from tokenboard.store import overrides, prices

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
DAY = NOON.date()

FILE = f"""
[[price]]                       # 20 % off everything of this provider
provider = "openai"
discount = 0.2

[[price]]                       # a contract for one model until yesterday
provider = "openai"
model = "gpt-4o-mini*"
valid_until = {DAY - timedelta(days=1)}
input = 1
output = 2

[[price]]                       # a server of our own: 8 GPUs at 2.50 an hour, 20 calls at a time
model = "our-llama*"
gpu_hour_usd = 2.50
gpus = 8
concurrency = 20

[[price]]                       # another, by token
provider = "vllm"
model = "our-mistral"
input = 0.10
output = 0.40
cache_read = 0.01
"""


@pytest.fixture(scope="module")
def costs(migrated):
    """Model and day before -> cost, its source and the list price, of calls priced by the file."""
    books = migrated
    books.empty()
    made = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}
    books.send(
        call(ts=NOON, model="gpt-4o", **made),
        call(ts=NOON, model="gpt-4o-mini", **made),
        call(ts=NOON - timedelta(days=3), model="gpt-4o-mini", **made),
        call(ts=NOON, model="our-llama-70b", provider="vllm", seconds=36, **made),
        call(ts=NOON, model="our-llama-8b", provider="vllm", seconds=72, input_tokens=None,
             output_tokens=None),
        call(ts=NOON, model="our-llama-8b", provider="vllm", seconds=72, error="500", status=500,
             input_tokens=None, output_tokens=None),
        call(ts=NOON, model="our-mistral", provider="vllm", cache_read=500_000, **made),
        call(ts=NOON, model="our-mistral", provider="ollama", **made),
    )  # fmt: skip
    books.refresh()
    done = prices.sync(books.client, books.database, overrides=FILE)
    assert len(done.own) == 5
    books.refresh()
    found = books.rows(
        "SELECT model, provider, status, toUInt8(dateDiff('day', ts, now())) > 1 AS old, cost_usd, "
        "cost_source, list_cost_usd FROM {db}.priced_calls"
    )
    return {
        (line["model"], line["provider"], line["status"], line["old"]): (
            line["cost_usd"],
            line["cost_source"],
            line["list_cost_usd"],
        )
        for line in found
    }


def test_a_contract_goes_before_the_list(costs):
    """2.50 and 10.00 a million less a fifth; the list price stands beside it."""
    assert costs["gpt-4o", "openai", "ok", 0] == (10, "own", Decimal("12.5"))


def test_a_contract_ends(costs):
    """Until its day the contract's 1 + 2 dollars, after it a fifth off 0.15 + 0.60."""
    assert costs["gpt-4o-mini", "openai", "ok", 1][:2] == (3, "own")
    assert costs["gpt-4o-mini", "openai", "ok", 0] == (Decimal("0.6"), "own", Decimal("0.75"))


def test_a_gpu_hour_is_shared_by_the_calls_served_at_once(costs):
    """20 dollars an hour over 20 calls at a time is a dollar an hour: a cent for 36 seconds."""
    assert costs["our-llama-70b", "vllm", "ok", 0] == (Decimal("0.01"), "own", None)
    # the time is known also where the tokens are not; a refused call has no cost
    assert costs["our-llama-8b", "vllm", "ok", 0] == (Decimal("0.02"), "own", None)
    assert costs["our-llama-8b", "vllm", "error", 0][:2] == (0, "refused")


def test_a_server_of_ones_own_by_token(costs):
    """Half a million at 0.10, half from cache at 0.01, a million out at 0.40; elsewhere unpriced."""
    assert costs["our-mistral", "vllm", "ok", 0] == (Decimal("0.455"), "own", None)
    assert costs["our-mistral", "ollama", "ok", 0] == (None, "", None)


def test_own_prices_are_kept_until_they_are_taken_back(migrated, costs):
    """A sync that is told nothing goes by the kept file; an empty one puts the list price back."""
    books = migrated
    again = prices.sync(books.client, books.database)
    assert (len(again.own), again.changed) == (5, ())
    assert prices.sync(books.client, books.database, overrides="").own == ()
    books.refresh()
    query = "SELECT cost_usd FROM {db}.priced_calls WHERE model = 'gpt-4o'"
    assert books.value(query) == Decimal("12.5")
    assert costs  # the module's books were made


def test_a_cost_far_off_the_list_is_quarantined_whatever_the_contract(books):
    """The list price is the measure: a contract at a tenth does not make the list's own figure absurd."""
    dear, told = "tokenboard.reported_cost_usd", {"input_tokens": 1_000_000, "output_tokens": 0}
    books.send(
        call(ts=NOON, model="gpt-4o", attributes={dear: "2.5"}, **told),
        call(ts=NOON, model="gpt-4o", attributes={dear: "7.6"}, **told),
        call(ts=NOON, model="nobody-knows", attributes={dear: "1999"}, **told),
        call(ts=NOON, model="nobody-knows", attributes={dear: "2001"}, **told),
        call(ts=NOON, model="nobody-knows", attributes={dear: "0"}, **told),
    )
    books.refresh()
    ninety = '[[price]]\nprovider = "openai"\ndiscount = 0.9\n'
    prices.sync(books.client, books.database, overrides=ninety)
    try:
        books.refresh()
        found = books.rows(
            "SELECT reported_cost_usd, quarantined, cost_usd, cost_source FROM {db}.priced_calls "
            "ORDER BY reported_cost_usd"
        )
        assert [tuple(line.values()) for line in found] == [
            (0, False, None, ""),
            (Decimal("2.5"), False, Decimal("0.25"), "own"),
            (Decimal("7.6"), True, Decimal("0.25"), "own"),
            (1999, False, 1999, "reported"),
            (2001, True, None, ""),
        ]
        assert books.value("SELECT sum(quarantined_tokens) FROM {db}.usage_1d") == 2_000_000
    finally:
        prices.sync(books.client, books.database, overrides="")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[price]", "no TOML"),
        ("[price]\ninput = 1", "two brackets"),
        ("[[prices]]\ninput = 1", "nothing is known of 'prices'"),
        ('[[price]]\nmodel = "m"', "price 1 (m): has no price"),
        ('[[price]]\nmodel = "m"\ninput = 1\ncache = 2', "nothing is known of 'cache'"),
        ('[[price]]\nmodel = "m"\ndiscuont = 0.2', "nothing is known of 'discuont'"),
        ('[[price]]\nmodel = "m"\ninput = "1"', "input is a number without quotes"),
        ('[[price]]\nmodel = "m"\ninput = -1', "input = -1 is out of range"),
        ('[[price]]\nmodel = "m"\ninput = nan', "out of range"),
        ('[[price]]\nmodel = "m"\ndiscount = 1.2', "below 1: 0.2 for 20 % off"),
        ('[[price]]\nmodel = "m"\ndiscount = 0.2\ninput = 1', "not both"),
        ('[[price]]\nmodel = "m"\ngpus = 8\ninput = 1', "go with gpu_hour_usd"),
        ('[[price]]\nmodel = "m"\ngpu_hour_usd = 2\nconcurrency = 0', "at least one call"),
        ("[[price]]\ninput = 1", "names neither provider nor model"),
        ("[[price]]\nmodel = 5\ninput = 1", "model is a text in quotes"),
        ('[[price]]\nmodel = "m"\ninput = 1\nvalid_from = "2026"', "a day without quotes"),
        (
            '[[price]]\nmodel = "m"\ninput = 1\nvalid_from = 2026-02-01\nvalid_until = 2026-01-01',
            "valid_until is not after",
        ),
    ],
)  # fmt: skip
def test_a_faulty_file_is_one_clear_line(text, says):
    """What is wrong, in which entry."""
    with pytest.raises(overrides.OverrideError) as raised:
        overrides.parse(text)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
