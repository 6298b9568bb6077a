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
        for line in books.rows(
            f"SELECT * FROM {{db}}.standings WHERE window_days = {window} AND subject = 'user'"
        )
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


def test_loop_steps_are_waste_from_the_fourth_on(books):
    """Of six equal tool calls in a row three count; a human turn begins anew; two are no loop."""
    said = [("user", 1), *[("tool", 1)] * 5, ("user", 1), ("tool", 1), ("tool", 2)]
    for minute, (trigger, arguments) in enumerate(said):
        books.send(
            call(
                ts=days_ago(1, 60 * minute), session="S1", trigger=trigger,
                tools=[("grep", arguments)],
            )
        )  # fmt: skip
    books.refresh()
    assert rules(books) == [("loop", 110)] * 3
    found = books.rows("SELECT ts FROM {db}.deductions ORDER BY ts")
    assert [line["ts"].minute for line in found] == [3, 4, 5]


def test_a_cycle_is_waste_once_it_has_gone_round_five_times(books):
    """A, B, A, B …: the tenth answer completes the fifth round; other sessions are not touched."""
    for minute in range(12):
        books.send(
            call(
                ts=days_ago(1, 60 * minute), session="S1", trigger="user" if minute == 0 else "tool",
                tools=[("grep", minute % 2)],
            ),
            call(ts=days_ago(1, 60 * minute), session="S2", user="bob", tools=[("grep", minute)]),
        )  # fmt: skip
    books.refresh()
    found = books.rows("SELECT ts, rule, user_id FROM {db}.deductions ORDER BY ts")
    assert [(line["ts"].minute, line["rule"], line["user_id"]) for line in found] == [
        (9, "loop", "alice"), (10, "loop", "alice"), (11, "loop", "alice"),
    ]  # fmt: skip


def test_idle_burn_begins_after_four_hours_without_a_human(books):
    """An agent left alone burns idly from four hours on; unknown triggers and new sessions do not."""
    hours = [(0, "user"), (1, "tool"), (3.9, "tool"), (4.1, "tool"), (4.5, None), (5, "user"), (6, "tool"), (9.2, "tool")]  # fmt: skip
    for hour, trigger in hours:
        books.send(call(ts=days_ago(1, 3600 * hour), session="S1", trigger=trigger))
    books.send(call(ts=days_ago(1, 3600 * 9.2), session="S2", trigger="tool"))
    books.refresh()
    found = books.rows("SELECT ts, rule, session_id FROM {db}.deductions ORDER BY ts")
    assert [(line["rule"], line["session_id"], line["ts"]) for line in found] == [
        ("idle", "S1", days_ago(1, 3600 * 4.1).replace(tzinfo=None)),
        ("idle", "S1", days_ago(1, 3600 * 9.2).replace(tzinfo=None)),
    ]


def test_a_call_is_taken_once_by_the_first_rule(books):
    """A failed repetition inside a loop is an error; the sums close to the token."""
    for minute in range(6):
        books.send(
            call(
                ts=days_ago(1, 60 * minute), session="S1", trigger="tool", prompt="p",
                tools=[("grep", 1)], error="500" if minute == 4 else None,
            )
        )  # fmt: skip
    books.refresh()
    assert [rule for rule, _ in rules(books)] == ["duplicate"] * 3 + ["errored", "duplicate"]
    usage = books.one(
        "SELECT sum(gross_tokens) - sum(net_tokens) AS gone, sum(errored_tokens) AS errored, "
        "sum(duplicate_tokens) AS again, sum(loop_tokens) AS loop FROM {db}.usage_1d"
    )
    assert usage == {"gone": 550, "errored": 110, "again": 440, "loop": 0}


def test_tiers_by_share_fit_any_firm(books):
    """With the setting on share, the top tenth and the top half decide, not the tokens."""
    books.run("INSERT INTO {db}.settings (name, value) VALUES ('tiers', 'share')")
    for number in range(10):
        books.send(burn(f"user{number}", 10 + number))
    try:
        books.refresh()
    finally:
        books.run("INSERT INTO {db}.settings (name, value) VALUES ('tiers', 'absolute')")
    found = {name: line["tier"] for name, line in board(books).items()}
    # shares by default: jade 0.003, emerald 0.009, platinum 0.07, gold 0.24, silver 0.57, bronze 0.93
    assert found == {
        "user9": "jade", "user8": "gold", "user7": "gold", "user6": "silver", "user5": "silver",
        "user4": "silver", "user3": "bronze", "user2": "bronze", "user1": "bronze", "user0": "bronze",
    }  # fmt: skip


def test_teams_models_and_agents_have_standings(books):
    """The same windows for teams, models and agents, with how many people stand behind them."""
    books.send(
        burn("alice", 500, team="core", model="m-1", agent="coder"),
        burn("bob", 300, team="core", model="m-2", session="S1"),
        burn("carol", 900, team="data", model="m-1"),
    )
    books.refresh()
    found = books.rows(
        "SELECT subject, name, rank, net_tokens, people, sessions FROM {db}.standings "
        "WHERE window_days = 7 AND subject != 'user' ORDER BY subject, isNull(rank), rank"
    )
    assert [tuple(line.values()) for line in found] == [
        ("agent", "coder", 1, 500, 1, 0),
        ("agent", "", None, 1200, 2, 0),
        ("model", "m-1", 1, 1400, 2, 0),
        ("model", "m-2", 2, 300, 1, 1),
        ("team", "data", 1, 900, 1, 0),
        ("team", "core", 2, 800, 2, 1),
    ]


def alias(books, value, person):
    books.run(
        f"INSERT INTO {{db}}.aliases (value, kind, person_id) VALUES ('{value}', 'email', '{person}')"
    )


def test_an_alias_re_attributes_history(books):
    """Two names of one person become one line, in every window, and part again when it was wrong."""
    books.send(burn("alice", 500), burn("al@corp.example", 700, days=20), burn("bob", 600))
    books.refresh()
    alias(books, "al@corp.example", "alice")
    books.refresh()
    found = {name: (line["rank"], line["net_tokens"]) for name, line in board(books).items()}
    assert found == {"alice": (1, 1200), "bob": (2, 600)}
    for table in ("usage_1h", "usage_1d"):
        users = books.rows(f"SELECT DISTINCT user_id FROM {{db}}.{table} ORDER BY user_id")
        assert [line["user_id"] for line in users] == ["alice", "bob"]
    alias(books, "al@corp.example", "")
    books.refresh()
    assert board(books)["al@corp.example"]["net_tokens"] == 700


def test_people_choose_how_they_are_listed(books):
    """A name and team of their own, a pseudonym, or not on the board at all."""
    books.send(burn("alice", 500), burn("bob", 600), burn("carol", 700), burn("dora", 400))
    books.run(
        "INSERT INTO {db}.people (person_id, display_name, team, listing, pseudonym) VALUES "
        "('alice', 'Alice A.', 'core', 'named', ''), ('bob', 'Bob B.', '', 'pseudonym', 'otter'), "
        "('carol', 'Carol C.', '', 'hidden', '')"
    )
    books.refresh()
    found = books.rows("SELECT rank, user_id, display_name, team FROM {db}.leaderboard")
    assert [tuple(line.values()) for line in found] == [
        (1, "otter", "otter", ""), (2, "alice", "Alice A.", "core"), (3, "dora", "dora", ""),
    ]  # fmt: skip
