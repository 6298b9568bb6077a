"""Calls that come late into ten minutes of many calls are added to them, to the same books."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store.spans import call, hexid, tool
from store.test_exactly_once import told
from tokenboard.store import additions, recompute

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
FIRST = {"ts": NOON, "session": "S1", "user": "alice", "input_tokens": 1000, "output_tokens": 10}


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch):
    """One call fills ten minutes."""
    monkeypatch.setattr(additions, "LEAST_ROWS", 1)


def generations(books):
    """How many generations of calls there are, superseded ones too."""
    return books.value("SELECT uniqExact(generation) FROM {db}.call_rows")


def late(books, *rows):
    """Send and refresh; return how many rows of calls were written for it."""
    before = books.value("SELECT count() FROM {db}.call_rows")
    books.send(*rows)
    books.refresh()
    return books.value("SELECT count() FROM {db}.call_rows") - before


def test_a_late_call_is_added_and_the_others_stay_as_they_are(books):
    """Only the late call is written, and every figure has it."""
    books.send(*(call(**FIRST) for _ in range(5)))
    books.refresh()
    assert late(books, call(**{**FIRST, "ts": NOON + timedelta(minutes=3), "user": "bob"})) == 1
    assert books.one(
        "SELECT sum(calls) AS n, sum(gross_tokens) AS tokens, uniqExact(user_id) AS people "
        "FROM {db}.usage_1h"
    ) == {"n": 6, "tokens": 6060, "people": 2}
    assert books.value("SELECT sum(calls) FROM {db}.sessions WHERE session_id = 'S1'") == 6
    assert books.value("SELECT count() FROM {db}.calls") == 6


def test_what_was_added_is_not_added_twice(books):
    """Replays, and more late calls, leave what was added as it is."""
    books.send(*(call(**FIRST) for _ in range(5)))
    books.refresh()
    one = call(**{**FIRST, "ts": NOON + timedelta(minutes=1)})
    assert late(books, one) == 1
    # the first is written again with the second: one small generation stands beside the whole one
    assert late(books, one, call(**{**FIRST, "ts": NOON + timedelta(minutes=2)})) == 2
    assert books.value("SELECT count() FROM {db}.calls") == 7
    assert books.value("SELECT sum(gross_tokens) FROM {db}.usage_1d") == 7070


def test_another_emitter_of_a_call_merges_with_it(books):
    """A span that tells of a call told before makes its ten minutes again: one call of two spans."""
    said = {**FIRST, "response_id": "resp_0123456789abcd"}
    books.send(call(**said), *(call(**FIRST) for _ in range(3)))
    books.refresh()
    assert late(books, call(**{**said, "scope": "opentelemetry.openai"})) == 4
    assert books.value("SELECT count() FROM {db}.calls") == 4
    assert books.value("SELECT max(emissions) FROM {db}.priced_calls") == 2


def test_a_price_reprices_what_was_there(books):
    """A late call and another price together: all calls have the new price."""
    priced = {**FIRST, "model": "m-1", "output_tokens": 0, "input_tokens": 1_000_000}
    books.price()
    books.send(call(**priced), call(**priced))
    books.refresh()
    books.price(version=2, input=Decimal(3))
    books.send(call(**priced))
    books.refresh()
    assert books.value("SELECT sum(cost_usd) FROM {db}.usage_1h") == Decimal(9)


def test_rows_that_are_gone_are_not_counted_on(books):
    """Where somebody's calls were erased, the rest is summed up anew."""
    books.send(call(**FIRST), call(**{**FIRST, "user": "bob"}))
    books.refresh()
    for table in ("emissions", "call_rows", "usage_slot_rows"):
        books.run(
            f"ALTER TABLE {{db}}.{table} DELETE WHERE user_id = 'bob' SETTINGS mutations_sync = 2"
        )
    books.send(call(**FIRST))
    books.refresh()
    found = books.rows("SELECT user_id, calls FROM {db}.usage_1h")
    assert [tuple(row.values()) for row in found] == [("alice", 2)]


def test_a_session_of_the_wire_goes_on(books):
    """A conversation's later call has its session; one in between moves those after it."""
    said = {**FIRST, "session": None, "conversation": "c1"}
    books.send(call(**said, messages=1))
    books.refresh()
    assert late(books, call(**{**said, "ts": NOON + timedelta(minutes=2)}, messages=5)) == 1
    assert books.value("SELECT uniqExact(session_id) FROM {db}.calls") == 1
    # the list shrinks before the last call: two sessions
    books.send(call(**{**said, "ts": NOON + timedelta(minutes=1)}, messages=0))
    books.refresh()
    sessions = books.rows("SELECT session_id FROM {db}.calls ORDER BY ts")
    assert [row["session_id"] for row in sessions].index(sessions[2]["session_id"]) == 1


def test_what_was_added_outlives_a_sweep(books):
    """Of what was superseded nothing is left but what is still read."""
    from tokenboard import store

    books.send(*(call(**FIRST) for _ in range(3)))
    books.refresh()
    for minute in (1, 2, 3):
        books.send(call(**{**FIRST, "ts": NOON + timedelta(minutes=minute)}))
        books.refresh()
    store.sweep(books.client, books.database)
    assert books.value("SELECT count() FROM {db}.calls") == 6
    assert generations(books) == 3  # the whole one, what is added to it, what was until now
    assert books.value("SELECT sum(calls) FROM {db}.usage_1h") == 6


@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    batches=st.lists(st.lists(told(), min_size=1, max_size=4), min_size=2, max_size=4),
    extra=st.lists(st.integers(0, 10**6), max_size=3),
)
def test_added_or_made_again_the_calls_are_the_same(books, batches, extra):
    """Whatever comes after whatever: the calls are those of all of it made at once."""
    books.empty()
    for batch in batches:
        books.send(*batch)
        recompute.bring_up(books.client, "calls", books.database)
    for number in extra:  # something of its own always can be added
        said = {"trace": hexid(("own", number), 32), "span": hexid(("own", number), 16)}
        books.send(call(ts=NOON, session="S9", **said), tool("ls", ts=NOON, session="S9"))
        recompute.bring_up(books.client, "calls", books.database)
    figures = (
        "SELECT * FROM {db}.priced_calls ORDER BY call_id",
        "SELECT * FROM {db}.tool_runs ORDER BY trace_id, span_id",
        "SELECT unit, content, rows, tail FROM {db}.current WHERE stage = 'calls' ORDER BY unit",
    )
    added = [books.rows(query) for query in figures]
    books.run("TRUNCATE TABLE {db}.generations")
    recompute.bring_up(books.client, "calls", books.database)
    assert [books.rows(query) for query in figures] == added
