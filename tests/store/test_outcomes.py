"""What the tokens bought: tasks by their last outcome, steps behind a human turn, growth, latency."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from store.spans import call, task

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
START = TODAY - timedelta(days=2)


def at(hours=0, minutes=0):
    return START + timedelta(hours=hours, minutes=minutes)


@pytest.fixture
def worked(books):
    """Two tasks done and one failed at six dollars in all, one of the done ones scored and reviewed."""
    books.price(input=Decimal(1))
    made = {"model": "m-1", "user": "alice", "session": "S", "output_tokens": 0}
    books.send(
        call(ts=at(1), input_tokens=1_000_000, task="T-1", seconds=1, **made),
        call(ts=at(1, 1), input_tokens=2_000_000, task="T-1", trigger="tool", seconds=2, **made),
        call(ts=at(1, 2), input_tokens=3_000_000, task="T-2", trigger="tool", seconds=8, **made),
        task("T-1", ts=at(1), user="alice", review=12),
        task("T-2", ts=at(2), user="alice"),
        task("T-3", ts=at(2), user="alice", outcome="abandoned"),
    )
    books.refresh()
    return books


def outcome(books, columns, subject="user"):
    found = books.one(
        f"SELECT {columns} FROM {{db}}.outcomes WHERE window_days = 7 AND subject = '{subject}' "
        "AND name IN ('alice', 'm-1')"
    )
    return tuple(found.values())


def test_cost_and_tokens_bear_the_failures(worked):
    """Two of three tasks are done; each bears half of everything that was spent."""
    columns = (
        "tasks_completed, tasks_failed, tasks_abandoned, success_share, cost_per_completed_task"
    )
    assert outcome(worked, columns) == (2, 1, 1, pytest.approx(2 / 3), 3)
    assert outcome(worked, "tokens_per_completed_task, review_minutes_per_completed_task") == (
        3_000_000, 6,
    )  # fmt: skip
    assert outcome(worked, "hidden_steps_per_turn, mean_latency_ms, failure_rate") == (
        2, pytest.approx(11_000 / 3), 0,
    )  # fmt: skip


def test_a_task_counts_by_its_last_outcome_only(worked):
    """Reverted a day later, a task is no completed one any more, and done anew it is one again."""
    worked.send(task("T-1", ts=at(25), user="alice", outcome="reverted"))
    worked.refresh()
    columns = "tasks_completed, tasks_failed, tasks_reverted, rework_share"
    assert outcome(worked, columns) == (1, 2, 1, 0.5)
    worked.send(task("T-1", ts=at(26), user="alice", outcome="done"))
    worked.refresh()
    assert outcome(worked, columns) == (2, 1, 0, 0)
    assert worked.refresh() == 0


def test_a_late_first_outcome_does_not_count_beside_the_last(books):
    """What was said earlier and comes in later changes nothing: in any order one task is one task."""
    books.send(task("T-1", ts=at(5), user="alice", outcome="failed"))
    books.refresh()
    books.send(task("T-1", ts=at(1), user="alice", outcome="done"))
    books.refresh()
    found = books.one("SELECT sum(tasks_done) d, sum(tasks_failed) f FROM {db}.usage_1d")
    assert found == {"d": 0, "f": 1}


def test_tasks_and_sessions_show_what_was_used_for_them(worked):
    """A task bears the calls made under its id; a session tells how its context grew."""
    found = worked.rows(
        "SELECT task_id, verdict, calls, gross_tokens, cost_usd FROM {db}.outcomes_tasks ORDER BY task_id"
    )
    assert [tuple(line.values()) for line in found] == [
        ("T-1", "done", 2, 3_000_000, 3),
        ("T-2", "done", 1, 3_000_000, 3),
        ("T-3", "failed", 0, 0, None),
    ]
    found = worked.one(
        "SELECT first_input, largest_input, input_growth_per_call, hidden_steps_per_turn "
        "FROM {db}.outcomes_sessions"
    )
    assert tuple(found.values()) == (1_000_000, 3_000_000, 1_000_000, 2)


def test_usage_without_people_has_teams_and_latency(worked):
    """Calls of one, two and eight seconds; the team is the one that the list of people gives."""
    worked.run("INSERT INTO {db}.people (person_id, team) VALUES ('alice', 'red')")
    worked.refresh()
    found = worked.one(
        "SELECT team, sum(calls) AS n, sum(people) AS people, sumForEach(latency) AS latency "
        "FROM {db}.team_usage_1d WHERE model != '' AND team = 'red' GROUP BY team"
    )
    assert (found["team"], found["n"], found["people"]) == ("red", 3, 1)
    latency = worked.one("SELECT sumForEach(latency) AS counts FROM {db}.team_usage_1h")["counts"]
    # upper bounds: 50 ms * 1.25^i; one second is under the 14th (1137 ms) and over the 13th (909 ms)
    assert {place: n for place, n in enumerate(latency, 1) if n} == {14: 1, 17: 1, 23: 1}


def test_the_longest_attended_session_is_immortal(books):
    """Five hours with a turn at least every two beat nine hours with a gap of three in between."""
    for hour in (0, 1.5, 3, 5):
        books.send(call(ts=at(hour), user="alice", session="A"))
    for hour in (0, 1, 2, 5, 6, 7, 8, 9):
        books.send(call(ts=at(hour), user="bob", session="B"))
    books.refresh()
    found = books.rows("SELECT user_id, titles FROM {db}.leaderboard ORDER BY user_id")
    titled = {line["user_id"]: "Session Immortal" in line["titles"] for line in found}
    assert titled == {"alice": True, "bob": False}


def test_economy_and_steadiness_are_titles(books):
    """Ten tasks for the least money each; as many without a revert. Nine tasks are too few."""
    books.price(input=Decimal(1))
    for user, tasks, reverted, tokens in (
        ("cheap", 10, 1, 1000), ("steady", 10, 0, 2000), ("few", 9, 0, 10)
    ):  # fmt: skip
        books.send(
            call(ts=at(1), user=user, model="m-1", input_tokens=tokens, output_tokens=0),
            *(task(f"{user}-{number}", ts=at(1, number), user=user) for number in range(tasks)),
            *(
                task(f"{user}-r{number}", ts=at(1), user=user, outcome="reverted")
                for number in range(reverted)
            ),
        )
    books.refresh()
    found = books.rows("SELECT user_id, titles FROM {db}.leaderboard")
    kept = {"Task Economist", "Steady Hand"}
    assert {line["user_id"]: kept & set(line["titles"]) for line in found} == {
        "cheap": {"Task Economist"},
        "steady": {"Steady Hand"},
        "few": set(),
    }


def test_tier_and_titles_are_of_thirty_days_in_every_window(books):
    """Twelve million tokens of last week make bronze on today's board too, ten today are no jade."""
    books.send(
        call(ts=TODAY - timedelta(days=5), user="alice", input_tokens=12_000_000),
        call(ts=TODAY, user="alice", input_tokens=5),
    )
    books.refresh()
    found = books.rows("SELECT DISTINCT tier FROM {db}.standings WHERE subject = 'user'")
    assert found == [{"tier": "bronze"}]


def test_a_refused_call_is_no_model(books):
    """A model that only ever refused is not among somebody's models."""
    books.send(
        call(ts=at(1), user="alice"),
        call(ts=at(1), user="alice", model="gone", status=404, error="404", input_tokens=None,
             output_tokens=None),
    )  # fmt: skip
    books.refresh()
    assert books.value("SELECT models FROM {db}.leaderboard") == 1


def test_an_instruction_to_a_sub_agent_is_no_human_turn(books):
    """One person speaks once; what the boss tells its helper is the boss's doing, and may be idle burn."""
    boss = {"session": "D", "agent": "boss", "attributes": {"tokenboard.agent.depth": 1}}
    helper = {
        "session": "D",
        "agent": "helper",
        "task": "T-9",
        "attributes": {"tokenboard.agent.depth": 2},
        "input_tokens": 70,
        "output_tokens": 0,
    }
    books.send(
        call(ts=at(1), task="T-9", **boss),
        *(call(ts=at(1 + 0.9 * n), **helper) for n in range(1, 6)),
        task("T-9", ts=at(6), user="alice"),
    )
    books.refresh()
    turns = "SELECT sum(human_turns) FROM {db}."
    assert books.value(turns + "outcomes_sessions WHERE session_id = 'D'") == 1
    assert books.value(turns + "outcomes_tasks WHERE task_id = 'T-9'") == 1
    assert books.value(turns + "usage_1d") == 1
    # 0.9 hours apart: the fifth came 4.5 hours after the person.
    assert books.value("SELECT sum(idle_tokens) FROM {db}.usage_1d") == 70


def test_who_is_spoken_to_begins_anew(books):
    """A person has spoken to every agent of the session; an agent's instruction is for the one it names."""

    def step(minute, **who):
        attributes = {"tokenboard.agent.depth": 1 if who["agent"] == "boss" else 2}
        return call(
            ts=at(1, minute), attributes=attributes, input_tokens=50, output_tokens=0, **who
        )

    look = {"agent": "helper", "tools": [("look", "9f")]}
    delegate = {"agent": "boss", "tools": [("delegate", "7a")]}
    answered = [
        each
        for n in range(0, 24, 4)
        for each in (
            step(n, session="answered", agent="boss", trigger="user"),
            step(n + 1, session="answered", trigger="tool", **look),
        )
    ]
    delegating = [
        each
        for n in range(0, 16, 4)
        for each in (
            step(n, session="delegating", trigger="tool", **delegate),
            step(n + 1, session="delegating", trigger="user", **look),
        )
    ]
    books.send(*answered, *delegating)
    books.refresh()
    found = books.rows(
        "SELECT session_id, sum(tokens) AS tokens FROM {db}.deductions WHERE rule = 'loop' GROUP BY ALL"
    )
    assert found == [{"session_id": "delegating", "tokens": 50}]


def test_a_person_who_changes_teams_takes_every_figure_along(books):
    """No row of the former team is left in usage by day, latency included; whoever stays keeps theirs."""
    books.run("INSERT INTO {db}.people (person_id, team) VALUES ('ann', 'red'), ('ben', 'red')")
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
    for hour, user in enumerate(("ann", "ann@corp", "ann", "ben")):
        books.send(call(ts=day + timedelta(hours=hour), user=user, team="call's", seconds=1.0))
    books.run(
        "INSERT INTO {db}.aliases (value, kind, person_id) VALUES ('ann@corp', 'email', 'ann')"
    )
    books.refresh()
    by_team = (
        "SELECT team, sum(calls) AS calls, arraySum(sumForEach(latency)) AS timed "
        "FROM {db}.team_usage_1d GROUP BY team ORDER BY team"
    )
    assert books.rows(by_team) == [{"team": "red", "calls": 4, "timed": 4}]
    books.run("INSERT INTO {db}.people (person_id, team) VALUES ('ann', 'blue')")
    books.refresh()
    assert books.rows(by_team) == [
        {"team": "blue", "calls": 3, "timed": 3},
        {"team": "red", "calls": 1, "timed": 1},
    ]
    assert books.rows(
        "SELECT team, sum(calls) AS calls, arraySum(sumForEach(latency)) AS timed "
        "FROM {db}.usage_cube_1d WHERE dimensions = 'team' GROUP BY team ORDER BY team"
    ) == books.rows(by_team)
    # what comes later into an hour made before is in both
    books.send(call(ts=day + timedelta(hours=1, minutes=5), user="ann", seconds=1.0))
    books.refresh()
    assert books.rows(by_team)[0] == {"team": "blue", "calls": 4, "timed": 4}
