"""Tasks, agent runs and tool calls: one row per real event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from store.spans import agent, call, hexid, row, task, tool

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def test_a_task_has_the_outcome_said_last(books):
    """Work taken up again and sent twice is one task; what it came to in the end holds."""
    rows = [
        task("T-1", ts=at(0), user="alice", outcome="failed", reason="tests red", session="S1"),
        task("T-1", ts=at(30), user="alice", outcome="done", session="S2"),
        task("T-2", ts=at(1), user="bob", outcome="reverted"),
        task("T-3", ts=at(2), user="bob", outcome=None),
    ]
    books.send(*rows)
    books.send(*rows[:2])
    books.refresh()
    found = books.rows(
        "SELECT task_id, user_id, outcome, verdict, sessions, spans FROM {db}.tasks ORDER BY task_id"
    )
    assert [tuple(line.values()) for line in found] == [
        ("T-1", "alice", "done", "done", ["S1", "S2"], 2),
        ("T-2", "bob", "reverted", "failed", [], 1),
        ("T-3", "bob", "", "", [], 1),
    ]
    usage = books.one(
        "SELECT sum(tasks_done) AS done, sum(tasks_failed) AS failed FROM {db}.usage_1d"
    )
    assert usage == {"done": 1, "failed": 1}


def test_an_agent_run_is_one_row(books):
    """Replayed, it is still one; nested runs tell their depth."""
    outer = agent("planner", ts=at(0), seconds=60, user="alice")
    books.send(outer)
    books.send(outer, agent("coder", ts=at(0.1), parent=outer["SpanId"], trace=outer["TraceId"]))
    found = books.rows("SELECT agent, parent_span_id FROM {db}.agent_runs ORDER BY ts")
    assert [tuple(line.values()) for line in found] == [("planner", ""), ("coder", outer["SpanId"])]


def test_a_tool_call_asked_and_run_is_one(books):
    """Two asked for of which one was run, one run that nobody asked for, one without a session."""
    trace = hexid("trace", 32)
    books.send(
        call(ts=at(0), session="S1", trace=trace, tools=[("grep", 1), ("ls", 1)]),
        tool("grep", ts=at(0.5), trace=trace, error="TimeoutError"),
        tool("odd", ts=at(1), session="S1"),
        call(ts=at(2), session=None, tools=[("lone", 1)]),
    )
    books.refresh()
    found = books.rows(
        "SELECT session_id, name, was_asked, was_run, error FROM {db}.tool_calls ORDER BY name"
    )
    assert [tuple(line.values()) for line in found] == [
        ("S1", "grep", True, True, True),
        ("", "lone", True, False, False),
        ("S1", "ls", True, False, False),
        ("S1", "odd", False, True, False),
    ]


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (5, 4, 3, 2, 1, 0)])
@pytest.mark.parametrize("together", [True, False], ids=["in one go", "one by one"])
def test_a_tool_call_id_is_one_run_for_ten_minutes(books, together, order):
    """Told by two emitters it is one run; hours later, or where servers number their calls, it is another one."""
    long, numbered = "call_9aKf3LmQ2x", "functions.grep:0"
    told = [
        (0, "grep", long, "tokenboard"),
        (2, "grep", long, "other"),  # the same run by another clock
        (180, "grep", long, "tokenboard"),  # a resumed session runs it again
        (181, "ls", numbered, "tokenboard"),
        (182, "ls", numbered, "tokenboard"),
        (300, "ls", numbered, "tokenboard"),
    ]
    rows = [run_of(at(minutes), name, identity, scope) for minutes, name, identity, scope in told]
    for each in [[rows[n] for n in order]] if together else [[rows[n]] for n in order]:
        books.send(*each)
        books.refresh()
    runs = books.rows(
        "SELECT name, count() AS n FROM {db}.tool_calls "
        "WHERE was_run AND NOT was_asked GROUP BY name, ts ORDER BY name, ts"
    )
    by_name = {name: [r["n"] for r in runs if r["name"] == name] for name in ("grep", "ls")}
    assert by_name == {"grep": [1, 1], "ls": [1, 1, 1]}
    assert books.value("SELECT count() FROM {db}.deductions") == 0


def run_of(ts, name, identity, scope):
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": identity,
        "session.id": "S",
        "user.id": "alice",
    }
    return row(f"execute_tool {name}", attributes, ts=ts, scope=scope)
