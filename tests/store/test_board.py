"""The standings: ranks, movement, tiers, titles, tasks, and what is taken from gross."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from store.spans import call, task

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def days_ago(days, minutes=0):
    """A moment of that day: just after its midnight, so that today's have happened."""
    return TODAY - timedelta(days=days) + timedelta(seconds=minutes)


def burn(user, tokens, *, days=1, **more):
    """A call of so many tokens."""
    return call(ts=days_ago(days), user=user, input_tokens=tokens, output_tokens=0, **more)


def board(books, window=30):
    return {
        line["name"]: line
        for line in books.rows(f"SELECT * FROM {{db}}.standings WHERE window_days = {window}")
    }


def test_leaderboard_has_the_columns_of_the_design(books):
    """Exactly the agreed columns, in the agreed order."""
    names = books.rows(
        "SELECT name FROM system.columns WHERE database = '{db}' AND table = 'leaderboard' "
        "ORDER BY position"
    )
    assert " ".join(line["name"] for line in names) == (
        "rank prev_rank user_id display_name team gross_tokens net_tokens tier titles cost_usd "
        "calls sessions models cache_read_ratio tasks_completed cost_per_completed_task waste_tokens"
    )


def test_rank_goes_by_net_and_windows_by_days(books):
    """Who burned most in the window is first; a call of eight days ago is not in the week."""
    books.send(burn("alice", 500, days=8), burn("bob", 300), burn("carol", 90_000, days=40))
    books.refresh()
    month = board(books)
    assert {name: line["rank"] for name, line in month.items()} == {"alice": 1, "bob": 2}
    assert {name: line["rank"] for name, line in board(books, 7).items()} == {"bob": 1}
    assert board(books, 90)["carol"]["rank"] == 1


def test_movement_is_against_the_window_of_yesterday(books):
    """Bob was second until today's work took him past alice; carol is new."""
    books.send(
        burn("alice", 500, days=3), burn("bob", 300, days=3), burn("bob", 900, days=0),
        burn("carol", 100, days=0),
    )  # fmt: skip
    books.refresh()
    found = {name: (line["rank"], line["prev_rank"]) for name, line in board(books).items()}
    assert found == {"bob": (1, 2), "alice": (2, 1), "carol": (3, None)}


@pytest.mark.parametrize(
    ("tokens", "tier"),
    [
        (9_999_999, "unranked"),
        (10_000_000, "bronze"),
        (99_999_999, "bronze"),
        (100_000_000, "silver"),
    ],
)
def test_tiers_begin_at_their_threshold(books, tokens, tier):
    """Ten million net tokens in thirty days are bronze, one less is not."""
    books.send(burn("alice", tokens))
    books.refresh()
    assert books.one("SELECT tier FROM {db}.leaderboard") == {"tier": tier}


def test_tiers_can_be_edited(books):
    """A company's own threshold holds from the next refresh on."""
    books.send(burn("alice", 1000))
    books.refresh()
    books.run("INSERT INTO {db}.tiers (tier, min_tokens) VALUES ('copper', 1000)")
    try:
        books.refresh()
        assert books.one("SELECT tier FROM {db}.leaderboard") == {"tier": "copper"}
    finally:
        books.run("DELETE FROM {db}.tiers WHERE tier = 'copper'")


def test_titles_go_by_their_rules(books):
    """The first is a Token Legend, five models make a connoisseur, a warm cache a wizard."""
    books.send(
        burn("legend", 100_000),
        *(burn("connoisseur", 1000, model=f"m-{number}") for number in range(5)),
        burn("wizard", 40_000, cache_read=32_000),
        burn("nearly", 39_999, cache_read=31_000),
        burn("small", 10, cache_read=10),
    )
    books.refresh()
    assert {name: line["titles"] for name, line in board(books).items()} == {
        "legend": ["Token Legend"],
        "connoisseur": ["Model Connoisseur"],
        "wizard": ["Cache Wizard"],
        "nearly": [],
        "small": [],
    }


def test_tasks_and_what_they_cost(books):
    """Completed tasks bear the cost of everything, failures included."""
    books.price(input=Decimal(1))
    books.send(
        burn("alice", 6_000_000, model="m-1"),
        task("T-1", ts=days_ago(1), user="alice"),
        task("T-2", ts=days_ago(1), user="alice", outcome="merged"),
        task("T-3", ts=days_ago(1), user="alice", outcome="failed"),
        task("T-4", ts=days_ago(1), user="alice", outcome=None),
    )
    books.refresh()
    found = books.one(
        "SELECT tasks_completed, cost_usd, cost_per_completed_task FROM {db}.leaderboard"
    )
    assert found == {"tasks_completed": 2, "cost_usd": 6, "cost_per_completed_task": 3}


def rules(books):
    found = books.rows("SELECT rule, tokens FROM {db}.deductions ORDER BY ts, tokens")
    return [tuple(line.values()) for line in found]


def test_a_repeated_request_counts_once(books):
    """The first of equal requests within the hour counts for net, gross has them all."""
    for minutes in (0, 5, 50, 3700):
        books.send(call(ts=days_ago(1, minutes), prompt="p", user="alice"))
    books.send(call(ts=days_ago(1, 6), prompt="p", user="bob"))
    books.refresh()
    assert rules(books) == [("duplicate", 110), ("duplicate", 110)]
    alice = board(books)["alice"]
    assert (alice["gross_tokens"], alice["net_tokens"], alice["waste_tokens"]) == (440, 220, 220)


def test_a_billed_failure_is_waste_and_its_retry_is_not(books):
    """Tokens of a failed call are taken; the attempt that then works is the first that counts."""
    books.send(
        call(ts=days_ago(1), prompt="p", error="stream_error", attempt=1),
        call(ts=days_ago(1, 3), prompt="p", attempt=2),
        call(ts=days_ago(1, 6), prompt="p", attempt=3, input_tokens=200),
    )
    books.refresh()
    assert rules(books) == [("errored", 110), ("retry", 210)]


def test_an_absurd_bill_is_quarantined(books):
    """A call whose reported cost is far off the list price does not count for net."""
    books.price(input=Decimal(1))
    for reported in ("9990", "0.011", "0"):
        books.send(
            burn(
                "alice", 10_033, model="m-1", attributes={"tokenboard.reported_cost_usd": reported}
            )
        )
    books.refresh()
    assert rules(books) == [("quarantined", 10_033)]
