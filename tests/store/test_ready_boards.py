"""The boards of the last day, kept ready in large books, against those that are summed when asked."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from tokenboard import queries
from tokenboard.local.engine import Engine
from tokenboard.store import recompute

PEOPLE = 1300
HOURS = 49


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """(client, now): 1,300 people; number n used n tokens in each of 49 hours, one model or another."""
    moment = datetime.now(UTC)
    if moment.minute == 59 and moment.second > 20:  # an hour that ends meanwhile has another board
        time.sleep(61 - moment.second)
    with Engine(tmp_path_factory.mktemp("large")) as engine:
        client = engine.client()
        who = "concat('p', leftPad(toString(n), 4, '0')) AS user_id, if(n % 2 = 0, 'even', 'odd') AS model"
        people = f"(SELECT number + 1 AS n FROM numbers({PEOPLE}))"
        client.command(
            "INSERT INTO usage_1h_rows (hour, generation, user_id, model, calls, gross_tokens, net_tokens) "
            f"SELECT toStartOfHour(now('UTC')) - ago * 3600, 1, {who}, 1, n, n "
            f"FROM {people} ARRAY JOIN range({HOURS}) AS ago"
        )
        client.command(
            "INSERT INTO usage_1d_rows (day, generation, user_id, model, calls, gross_tokens, net_tokens) "
            "SELECT toDate(hour), 1, user_id, model, sum(calls), sum(gross_tokens), sum(net_tokens) "
            "FROM usage_1h_rows GROUP BY ALL"
        )
        client.command(
            "INSERT INTO session_rows (hour, generation, session_id, user_id, models, calls) "
            "SELECT toStartOfHour(now('UTC')), 1, toString(s * 10000 + n), user_id, [model], 1 "
            f"FROM (SELECT n, {who} FROM {people}) ARRAY JOIN [1, 2] AS s"
        )
        for stage, step in (("usage_1h", 3600), ("sessions", 3600), ("usage_1d", 86400)):
            client.command(
                "INSERT INTO generations (stage, unit, generation, inputs, content, since, rows, swept) "
                f"SELECT '{stage}', toStartOfInterval(now('UTC'), INTERVAL {step} SECOND, 'UTC') - number * {step}, "
                "1, 1, 1, 1, 1, true FROM numbers(60)"
            )
        now = client.query("SELECT now('UTC')").result_rows[0][0].replace(tzinfo=UTC)
        recompute.bring_up(client, "standings")
        yield client, now
        client.close()


def run(client, name, end, variables):
    text = queries.load(name).render(since=timedelta(hours=24), to_ts=end, variables=variables)
    return json.loads(client.raw_query(text, fmt="JSONCompact"))


def ask(client, name, end, **variables):
    answer = run(client, name, end, variables)
    # As a dashboard asks it, which leaves out what is not read.
    ((switch,),) = run(client, "options_unready", end, variables)["data"]
    assert run(client, name, end, {**variables, "unready": switch})["data"] == answer["data"]
    names = [column["name"] for column in answer["meta"]]
    return [dict(zip(names, row, strict=True)) for row in answer["data"]]


@pytest.mark.parametrize("earlier", [0, 1], ids=["ready", "summed"])
@pytest.mark.parametrize(
    ("chosen", "first", "second"),
    [({}, 1300, 1299), ({"model": ["odd"]}, 1299, 1297), ({"agent": ["(none)"]}, 1300, 1299)],
    ids=["all", "model", "agent"],
)
def test_a_day_is_the_same_kept_ready_or_summed(large, chosen, first, second, earlier):
    """25 hours of n tokens each, everybody's rank as the day before, and the two sessions of the last hour."""
    client, now = large
    end = now - timedelta(hours=earlier)
    switch = run(client, "options_unready", end, chosen)["data"]
    assert switch == [["--" if earlier else "/*"]]
    rows = ask(client, "leaderboard", end, **chosen)
    assert len(rows) == 250
    told = [
        (r["rank"], r["person"], int(r["net_tokens"]), r["movement"], int(r["calls"])) for r in rows
    ]
    assert told[0] == (1, f"p{first:04}", 25 * first, "—", 25)
    assert told[1][:3] == (2, f"p{second:04}", 25 * second)
    assert {int(r["sessions"]) for r in rows} == {0 if earlier else 2}


def test_the_last_day_of_large_books_is_kept_ready(large):
    """Everybody stands in it once with everything, once under their model, once under no agent."""
    client, _ = large
    found = client.query(
        "SELECT model, agent, count() FROM standing_board WHERE window_hours = 24 "
        "GROUP BY ALL ORDER BY model, agent"
    ).result_rows
    assert found == [("*", "", 1300), ("*", "*", 1300), ("even", "*", 650), ("odd", "*", 650)]


def test_adoption_of_the_last_weeks_is_what_it_is_when_it_is_summed(large):
    """All of the people of no team were at work this week: a share of one, made with the standings."""
    client, now = large
    rows = ask(client, "efficiency_adoption", now)
    assert rows
    assert {(r["team_name"], r["share"]) for r in rows} == {("(none)", 1)}
    kept = client.query("SELECT DISTINCT team, people, active FROM standing_adoption").result_rows
    assert kept == [("", 1300, 1300)]
