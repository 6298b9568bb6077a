"""Replays, batches, order, time of refresh: none of it may change a figure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from store.spans import call, hexid, row, task, tool

MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
# Around the border of a slot, an hour and a day.
BORDER = MIDNIGHT - timedelta(days=1)
NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
SPAN = {"trace": hexid("a trace", 32), "span": hexid("span", 16)}

FIGURES = {
    "calls": "SELECT * FROM {db}.priced_calls ORDER BY call_id",
    "usage_1h": "SELECT * FROM {db}.usage_1h ORDER BY ALL",
    "usage_1d": "SELECT * FROM {db}.usage_1d ORDER BY ALL",
    "cube": "SELECT * FROM {db}.usage_cube_1d ORDER BY ALL",
    "sessions": "SELECT * FROM {db}.sessions ORDER BY session_id",
    "steps": "SELECT * FROM {db}.session_steps ORDER BY ALL",
    "standings": "SELECT * FROM {db}.standings ORDER BY window_days, subject, name",
    "deductions": "SELECT * FROM {db}.deductions ORDER BY call_id",
}


def figures(books):
    return {name: books.rows(query) for name, query in FIGURES.items()}


@st.composite
def told(draw):
    """One span as some emitter tells of it, from a small world so that things coincide."""
    number = draw(st.integers(0, 10**6))
    seconds = draw(st.sampled_from([-7300, -1200, -600, -3, -1, 0, 1, 2, 599, 600, 3600, 7300]))
    moment = BORDER + timedelta(seconds=seconds, milliseconds=draw(st.integers(0, 3)))
    kind = draw(st.sampled_from(["call"] * 8 + ["tool", "task"]))
    common = {
        "ts": moment,
        "seconds": draw(st.sampled_from([0.5, 2, 30])),
        "trace": hexid(("trace", draw(st.integers(0, 2))), 32),
        "span": hexid(("span", number), 16),
        "user": draw(st.sampled_from([None, "alice", "bob"])),
    }
    if kind == "tool":
        return tool(draw(st.sampled_from(["grep", "ls"])), **common)
    if kind == "task":
        return task("T-1", outcome=draw(st.sampled_from(["done", "failed"])), **common)
    return call(
        **common,
        scope=draw(st.sampled_from(["tokenboard", "tokenboard", "opentelemetry.openai", "z.other"])),
        input_tokens=draw(st.sampled_from([None, 100, 200])),
        cache_read=draw(st.sampled_from([None, 50])),
        response_id=draw(st.sampled_from([None, "chatcmpl-7", "resp_0123456789abcd", "resp_abcdef012345"])),
        session=draw(st.sampled_from([None, None, "S1"])),
        conversation=draw(st.sampled_from(["c1", "c2"])),
        messages=draw(st.integers(1, 4)),
        prompt=draw(st.sampled_from(["p1", "p2", None])),
        error=draw(st.sampled_from([None, None, None, "500"])),
        tools=draw(st.sampled_from([None, [("grep", 1)], [("grep", 1), ("ls", 2)]])),
    )  # fmt: skip


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_delivery_of_the_same_spans_gives_the_same_figures(books, data):
    """One batch and one refresh, or any batches in any order, partly twice, refreshed in between."""
    spans = data.draw(
        st.lists(told(), min_size=1, max_size=14, unique_by=lambda span: span["SpanId"])
    )
    books.empty()
    books.send(*spans)
    books.refresh()
    once = figures(books)

    books.empty()
    deliveries = data.draw(
        st.permutations(spans + data.draw(st.lists(st.sampled_from(spans), max_size=8)))
    )
    cuts = sorted(data.draw(st.sets(st.integers(1, len(deliveries)), max_size=4)))
    for start, end in zip([0, *cuts], [*cuts, len(deliveries)], strict=True):
        if deliveries[start:end]:
            books.send(*deliveries[start:end])
        if data.draw(st.booleans()):
            books.refresh()
    books.refresh()
    note(f"{len(deliveries)} deliveries cut at {cuts}")
    assert figures(books) == once
    # and once more, whole
    books.send(*deliveries)
    books.refresh()
    assert figures(books) == once


def test_usage_agrees_with_the_calls(books):
    """Gross less net is what the deductions say, and gross is what the calls say."""
    books.send(
        *(
            call(
                ts=BORDER + timedelta(minutes=7 * number),
                user=["alice", "bob", None][number % 3],
                input_tokens=1000 + number,
                output_tokens=10 * number,
                prompt=f"p{number % 4}",
                error="500" if number % 5 == 0 else None,
            )
            for number in range(60)
        )
    )
    books.refresh()
    # 0 + … + 59 = 1770
    usage = books.one(
        "SELECT sum(gross_tokens) AS gross, sum(net_tokens) AS net FROM {db}.usage_1d"
    )
    assert usage["gross"] == 60 * 1000 + 1770 + 10 * 1770
    taken = books.one(
        "SELECT sum(tokens) AS tokens, uniqExact(call_id) = count() AS once FROM {db}.deductions"
    )
    assert taken == {"tokens": usage["gross"] - usage["net"], "once": 1}


def test_marks_of_other_spans_do_not_matter(books):
    """Spans that are nothing to the books leave them as they are."""
    books.send(call(ts=BORDER))
    books.refresh()
    before = figures(books)
    books.send(row("GET /", {"http.request.method": "GET"}, ts=BORDER))
    assert books.refresh() == 0
    assert figures(books) == before


def test_a_correction_moves_a_call(books):
    """A span sent again with another user moves the call: nothing stays with the first one."""
    said = {"ts": NOON, "response_id": "resp_1234567890ab", **SPAN}
    books.send(call(user=None, **said))
    books.refresh()
    books.send(call(user="alice", **said))
    books.refresh()
    found = books.rows("SELECT user_id, calls, gross_tokens FROM {db}.leaderboard")
    assert [tuple(line.values()) for line in found] == [("alice", 1, 110)]
    assert books.value("SELECT uniqExact(user_id) FROM {db}.usage_1h") == 1


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_call_is_whose_span_began_first_whatever_comes_first(books, order):
    """Emitters that name different users for one call: the order they are heard in decides nothing."""
    said = {"response_id": "resp_1234567890ab", "seconds": 2, "trace": hexid("a trace", 32)}
    told = [
        # knows the usage best, and no user
        call(ts=NOON + timedelta(milliseconds=4), user=None, session="S1", cache_read=50, **said),
        call(ts=NOON + timedelta(milliseconds=1), user="bob", scope="z.other", **said),
        call(ts=NOON + timedelta(milliseconds=2), user="alice", scope="openinference.x", **said),
    ]
    for number in order:
        books.send(told[number])
    books.refresh()
    assert books.one("SELECT user_id, input_tokens FROM {db}.calls") == {
        "user_id": "bob",
        "input_tokens": 100,
    }


def test_a_session_that_two_share_equally_is_of_one_of_them(books):
    """Equal tokens by two people in different hours: the same one has the session, whoever came first."""
    pair = [
        call(ts=NOON + timedelta(hours=hour), user=user, team=user, session="S1")
        for hour, user in enumerate(["alice", "bob"])
    ]
    found = []
    for rows in (pair, pair[::-1]):
        books.empty()
        for one in rows:
            books.send(one)
            books.refresh()
        found.append(books.one("SELECT user_id, team, gross_tokens FROM {db}.sessions"))
    assert found == [{"user_id": "bob", "team": "bob", "gross_tokens": 220}] * 2


def test_replaying_what_was_corrected_changes_nothing(books):
    """The first version of a span, delivered once more after its correction, does not come back."""
    said = {"ts": NOON, "prompt": "p", **SPAN}
    before = call(user="alice", response_id="resp_1234567890ab", **said)
    after = call(user="bob", response_id="resp_1234567890ab", **said)
    for batch in ([before], [after], [before], [before, after]):
        books.send(*batch)
        books.refresh()
    assert books.one("SELECT user_id FROM {db}.calls") == {"user_id": "bob"}


def test_late_rows_land_in_their_day(books):
    """A call of three weeks ago that comes today counts for its own day."""
    then = NOON - timedelta(days=21)
    books.send(call(ts=NOON))
    books.refresh()
    books.send(call(ts=then, input_tokens=7, output_tokens=1))
    books.refresh()
    found = books.one(
        f"SELECT sum(gross_tokens) AS tokens FROM {{db}}.usage_1d WHERE day = '{then:%Y-%m-%d}'"
    )
    assert found["tokens"] == 8
    assert books.one("SELECT gross_tokens FROM {db}.leaderboard")["gross_tokens"] == 118
