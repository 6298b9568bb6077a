"""Sessions of several days, in lists and counts that read them day by day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from store.spans import call, hexid
from tokenboard import queries

MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
EVERYTHING = (4, 0)


def spoke(session, ago, hour, tokens, **more):
    """One call of a session on a day some days ago."""
    return call(
        ts=MIDNIGHT - timedelta(days=ago) + timedelta(hours=hour),
        trace=hexid((session, ago, hour), 32),
        span=hexid((session, ago, hour), 16),
        session=session,
        **{"input_tokens": tokens, "output_tokens": 0, "user": "alice", **more},
    )


def asked(books, name, days, **variables):
    """What a panel's query answers for whole days: the first, the last, both as days ago."""
    first, last = days
    text = queries.load(name).render(
        from_ts=MIDNIGHT - timedelta(days=first),
        to_ts=MIDNIGHT - timedelta(days=last) + timedelta(hours=23, minutes=59),
        variables=variables,
    )
    return [dict(row) for row in books.client.query(text).named_results()]


def listed(books, days=EVERYTHING, **variables):
    """Each session in the list and its tokens, which the totals must count alike."""
    rows = asked(books, "agent_sessions", days, **variables)
    totals = asked(books, "agent_totals", days, **variables)
    assert [one["sessions"] for one in totals] == ([len(rows)] if rows else [])
    return [(row["session_id"], row["gross_tokens"]) for row in rows]


@pytest.fixture
def told(books):
    books.run("USE {db}")
    return books


def test_a_session_of_several_days_is_one_whenever_they_came(told):
    """Days told one by one in no order, the first made anew each time: one session, its tokens added up."""
    for turn, ago in enumerate((3, 4, 2)):
        again = [spoke("short-4", 4, 13 + turn, 7)] if turn else []
        told.send(spoke("long", ago, 12, 10**ago), spoke(f"short-{ago}", ago, 12, 7), *again)
        told.refresh()
    found = listed(told)
    assert found[:2] == [("long", 11100), ("short-4", 21)]
    assert sorted(found[2:]) == [("short-2", 7), ("short-3", 7)]
    # by day and by hour
    assert sorted(listed(told, (5, 2))) == sorted(listed(told, (4, 2))) == sorted(found)
    assert listed(told, (3, 0))[0] == ("long", 1100)
    assert listed(told, model=["nobody's"]) == []


def test_a_session_that_leaves_a_day_is_not_counted_there(told):
    """A corrected span takes a session out of a day: what the other day knew of it holds no longer."""
    told.send(spoke("long", 4, 12, 1000), spoke("other", 2, 9, 5))
    told.refresh()
    told.send(spoke("long", 2, 12, 100))
    told.refresh()
    assert listed(told) == [("long", 1100), ("other", 5)]
    moved = spoke("long", 4, 12, 1000)
    moved["SpanAttributes"]["session.id"] = "other"
    told.send(moved)
    told.refresh()
    assert listed(told) == [("other", 1005), ("long", 100)]


def test_hours_with_other_models_people_and_agents_are_one_session(told):
    """A day in which a session changes its model, agent and user: filters see their hours, the count one session."""
    told.send(
        spoke("mixed", 3, 8, 100, model="m-1", agent="coder", team="red"),
        spoke("mixed", 3, 9, 30, model="m-2", agent="tester", team="red", user="bob"),
        spoke("mixed", 2, 9, 3, model="m-2", team="blue"),
    )
    told.refresh()
    assert listed(told) == [("mixed", 133)]
    assert listed(told, model=["m-2"]) == [("mixed", 33)]
    assert listed(told, agent=["coder"]) == [("mixed", 100)]
    assert listed(told, agent=["(none)", "tester"]) == [("mixed", 33)]
    assert listed(told, team=["blue"]) == [("mixed", 3)]
    assert listed(told, team=["red"], model=["m-1", "m-2"]) == [("mixed", 130)]
    (row,) = asked(told, "agent_sessions", EVERYTHING)
    assert (row["who"], row["agents"], row["team"], row["calls"]) == (
        "alice",
        "coder, tester",
        "red",
        3,
    )
