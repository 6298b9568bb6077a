"""Budgets, weekly targets, adoption by team, and what evaluators said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from store.spans import call, hexid

NOW = datetime.now(UTC)
TODAY = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
MONTH = TODAY.replace(day=1)
MONDAY = TODAY - timedelta(days=TODAY.weekday())


def burn(user, tokens, at, **more):
    """A call of so many tokens, which are as many millionths of a dollar."""
    return call(ts=at, user=user, input_tokens=tokens, output_tokens=0, model="m-1", **more)


@pytest.fixture
def priced(books):
    """Books in which a million tokens cost a dollar."""
    books.price(input=Decimal(1))
    return books


def budget(books, scope, name, usd, valid_from="1970-01-01"):
    books.run(
        "INSERT INTO {db}.budgets (scope, name, monthly_usd, valid_from) "
        f"VALUES ('{scope}', '{name}', {usd}, '{valid_from}')"
    )


def status(books, name):
    return books.rows(
        "SELECT scope, budget_usd, spent_usd, share, daily_usd, reached_on FROM {db}.budget_status "
        f"WHERE name = '{name}' AND month = toStartOfMonth(today())"
    )


def test_a_budget_that_is_used_up_names_the_day(priced):
    """Five dollars with six spent today: 120 %, reached today; what another spent is another's."""
    budget(priced, "user", "alice", 5)
    priced.send(burn("alice", 6_000_000, TODAY), burn("bob", 9_000_000, TODAY))
    priced.refresh()
    (found,) = status(priced, "alice")
    assert found["spent_usd"] == 6
    assert found["share"] == pytest.approx(1.2)
    assert found["reached_on"] == TODAY.date()


def test_a_budget_is_reached_at_the_present_rate(priced):
    """Two dollars spent and 1.50 left at about two a day: it lasts until today or tomorrow."""
    budget(priced, "user", "alice", "3.5")
    priced.send(burn("alice", 2_000_000, TODAY))
    priced.refresh()
    (found,) = status(priced, "alice")
    assert found["daily_usd"] == 2  # who began today has a rate of one day
    assert found["reached_on"] == TODAY.date()
    budget(priced, "user", "alice", 3000)
    assert status(priced, "alice")[0]["reached_on"] is None  # not this month


def test_a_team_spends_what_its_people_spend(priced):
    """The list of people says whose team a person is; else the call does. Nobody's calls count too."""
    budget(priced, "team", "red", 10)
    priced.run("INSERT INTO {db}.people (person_id, team) VALUES ('alice', 'red')")
    priced.send(
        burn("alice", 1_000_000, TODAY, team="blue"),
        burn("bob", 2_000_000, TODAY, team="red"),
        burn(None, 4_000_000, TODAY, team="red"),
        burn("carol", 8_000_000, TODAY, team="blue"),
    )
    priced.refresh()
    (found,) = status(priced, "red")
    assert (found["scope"], found["spent_usd"]) == ("team", 7)


def test_a_budget_holds_from_its_month_on(priced):
    """Raising a budget leaves the months before as they were; zero ends it."""
    before = (MONTH - timedelta(days=1)).replace(day=1)
    budget(priced, "user", "alice", 5)
    budget(priced, "user", "alice", 50, valid_from=MONTH.date())
    budget(priced, "user", "bob", 5)
    budget(priced, "user", "bob", 0, valid_from=MONTH.date())
    priced.send(burn("alice", 6_000_000, before))
    priced.refresh()
    found = priced.rows(
        "SELECT name, month, budget_usd, spent_usd, reached_on FROM {db}.budget_status "
        f"WHERE month >= '{before.date()}' ORDER BY name, month"
    )
    assert [tuple(line.values()) for line in found] == [
        ("alice", before.date(), 5, 6, before.date()),
        ("alice", MONTH.date(), 50, 0, None),
        ("bob", before.date(), 5, 0, None),
    ]


def target(books, scope, name, tokens, valid_from="1970-01-01"):
    books.run(
        "INSERT INTO {db}.targets (scope, name, weekly_tokens, valid_from) "
        f"VALUES ('{scope}', '{name}', {tokens}, '{valid_from}')"
    )


def test_the_nearest_target_counts(books):
    """One's own target goes before the team's, that before everybody's; zero means none."""
    target(books, "everybody", "", 100)
    target(books, "team", "red", 200)
    target(books, "user", "alice", 1000)
    target(books, "user", "dave", 0)
    books.run(
        "INSERT INTO {db}.people (person_id, display_name, team, listing, pseudonym) VALUES "
        "('alice', 'Alice A.', 'red', 'named', ''), ('eve', '', 'red', 'named', ''), "
        "('frank', '', 'red', 'pseudonym', 'Fox'), ('grace', '', 'red', 'hidden', '')"
    )
    for user in ("alice", "bob", "dave", "frank", "grace"):
        books.send(burn(user, 250, MONDAY))
    books.refresh()
    found = books.rows(
        "SELECT user_id, display_name, team, net_tokens, target_tokens, reached FROM {db}.weekly_usage "
        f"WHERE week = '{MONDAY.date()}' ORDER BY user_id"
    )
    assert [tuple(line.values()) for line in found] == [
        ("Fox", "Fox", "red", 250, 200, 1),
        ("alice", "Alice A.", "red", 250, 1000, 0),
        ("bob", "bob", "", 250, 100, 1),
        ("dave", "dave", "", 250, None, None),
        ("eve", "eve", "red", 0, 200, 0),
    ]


def test_a_new_target_leaves_past_weeks_alone(books):
    """What was reached stays reached when the target is raised."""
    target(books, "everybody", "", 100)
    target(books, "everybody", "", 300, valid_from=MONDAY.date())
    books.send(burn("bob", 250, MONDAY), burn("bob", 250, MONDAY - timedelta(days=7)))
    books.refresh()
    found = books.rows("SELECT reached FROM {db}.weekly_usage ORDER BY week")
    assert [line["reached"] for line in found] == [1, 0]


def test_adoption_counts_everybody_of_the_team(books):
    """Of four people of a team, hidden ones included, three were active; small teams are not shown."""
    books.run(
        "INSERT INTO {db}.people (person_id, team, listing) VALUES ('alice', 'red', 'named'), "
        "('eve', 'red', 'named'), ('grace', 'red', 'hidden')"
    )
    for user, team in (("alice", ""), ("grace", ""), ("bob", "red"), ("carol", "blue")):
        books.send(burn(user, 10, MONDAY, team=team))
    books.refresh()
    query = "SELECT team, people, active, share FROM {db}.adoption ORDER BY team"
    red = {"team": "red", "people": 4, "active": 3, "share": 0.75}
    assert books.rows(query) == [{"team": "blue", "people": 1, "active": 1, "share": 1.0}, red]
    books.run("INSERT INTO {db}.settings (name, value) VALUES ('min_cohort', '3')")
    try:
        assert books.rows(query) == [red]
    finally:
        books.run("INSERT INTO {db}.settings (name, value) VALUES ('min_cohort', '1')")


def evaluation(books, *, at, trace="", span="", event="EventName", **attributes):
    """An evaluation as a log record; delivered twice, as may happen."""
    given = {f"gen_ai.{name}": str(value) for name, value in attributes.items()}
    named = {name.replace("__", "."): value for name, value in given.items()}
    name = "gen_ai.evaluation.result"
    if event != "EventName":
        named[event] = name
    row = [at, trace, span, "judge", name if event == "EventName" else "", named]
    columns = ["Timestamp", "TraceId", "SpanId", "ServiceName", "EventName", "LogAttributes"]
    for _ in range(2):
        books.client.insert("otel_logs", [row], column_names=columns, database=books.database)


def scores(books):
    found = books.rows(
        "SELECT name, score, label, user_id, session_id, task_id, call_id FROM {db}.scores "
        "ORDER BY ts, name"
    )
    return [tuple(line.values()) for line in found]


def test_scores_find_their_call(books):
    """An evaluation told later joins by response id, one inside the call's span by the span."""
    at = NOW - timedelta(hours=2)
    trace, span = hexid("t", 32), hexid("s", 16)
    made = call(
        ts=at, user="alice@x", response_id="resp_0123456789", session="S", task="T", trace=trace,
        span=span,
    )  # fmt: skip
    made["Events.Timestamp"] = [at]
    made["Events.Name"] = ["gen_ai.evaluation.result"]
    made["Events.Attributes"] = [
        {"gen_ai.evaluation.name": "Tone", "gen_ai.evaluation.score.value": "0.5"}
    ]
    books.send(made)
    books.run(
        "INSERT INTO {db}.aliases (value, kind, person_id) VALUES ('alice@x', 'email', 'alice')"
    )
    later = at + timedelta(minutes=30)
    evaluation(
        books, at=later, response__id="resp_0123456789", evaluation__name="Relevance",
        evaluation__score__value=0.85, evaluation__score__label="relevant",
    )  # fmt: skip
    evaluation(
        books, at=later, response__id="resp_unknown", evaluation__name="Relevance",
        evaluation__score__value="much", event="event.name",
    )  # fmt: skip
    books.refresh()
    about = ("alice", "S", "T", f"{trace}-{span}")
    assert sorted(scores(books), key=str) == sorted(
        [
            ("Tone", 0.5, "", *about),
            ("Relevance", 0.85, "relevant", *about),
            ("Relevance", None, "", "", "", "", ""),
        ],
        key=str,
    )


def test_of_equal_response_ids_the_latest_call_before_is_meant(books):
    """A server that counts its answers gives ids again: the evaluation is of the newest call so far."""
    for minutes, user in ((60, "first"), (40, "second"), (20, "third")):
        books.send(call(ts=NOW - timedelta(minutes=minutes), user=user, response_id="chatcmpl-7"))
    evaluation(
        books, at=NOW - timedelta(minutes=30), response__id="chatcmpl-7", evaluation__name="ok"
    )
    books.refresh()
    assert [line[3] for line in scores(books)] == ["second"]
