"""Sessions told, sessions that only the wire shows, and their steps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from store.spans import call, hexid, tool

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def sessions(books):
    return [
        (line["user_id"], line["calls"])
        for line in books.rows("SELECT user_id, calls FROM {db}.sessions ORDER BY started, user_id")
    ]


def test_a_growing_conversation_is_one_session(books):
    """Calls of one conversation whose message list grows are one session, across hours too."""
    for step in range(4):
        books.send(call(ts=at(40 * step), conversation="c1", messages=2 + 2 * step))
    books.refresh()
    assert sessions(books) == [("alice", 4)]


def test_a_shrinking_message_list_begins_anew(books):
    """The same first messages with a short list again: somebody began anew."""
    for step, messages in enumerate((2, 4, 6, 2, 4)):
        books.send(call(ts=at(step), conversation="c1", messages=messages))
    books.refresh()
    assert sessions(books) == [("alice", 3), ("alice", 2)]


def test_two_idle_hours_begin_anew(books):
    """One hour and 59 minutes of silence belong to a session, two hours and a minute do not."""
    for minutes in (0, 119, 119 + 121):
        books.send(call(ts=at(minutes), conversation="c1", messages=2))
    books.refresh()
    assert sessions(books) == [("alice", 2), ("alice", 1)]


def test_user_and_agent_part_sessions(books):
    """Equal first messages of two people, or of two agents of one, are different sessions."""
    books.send(
        call(ts=at(0), conversation="c1", user="alice"),
        call(ts=at(1), conversation="c1", user="bob"),
        call(ts=at(2), conversation="c1", user="bob", agent="coder"),
    )
    books.refresh()
    assert sessions(books) == [("alice", 1), ("bob", 1), ("bob", 1)]


def test_a_session_goes_on_after_a_refresh_and_late_calls_join_it(books):
    """A session recomputed piece by piece is the one it would have been at once."""
    for minutes, messages in ((0, 2), (15, 4), (70, 10)):
        books.send(call(ts=at(minutes), conversation="c1", messages=messages))
        books.refresh()
    assert sessions(books) == [("alice", 3)]
    books.send(call(ts=at(40), conversation="c1", messages=1))  # late: the list had shrunk there
    books.refresh()
    assert sessions(books) == [("alice", 2), ("alice", 2)]


def test_a_told_session_is_taken_as_told(books):
    """What the app or the provider calls the session is its name; the conversation id goes first."""
    books.send(
        call(ts=at(0), session="S1", conversation="c1"),
        call(ts=at(200), session="S1", conversation="c2"),
        call(ts=at(201), session="S1", attributes={"gen_ai.conversation.id": "conv-9"}),
    )
    books.refresh()
    found = books.rows("SELECT session_id, calls FROM {db}.sessions ORDER BY session_id")
    assert [tuple(line.values()) for line in found] == [("S1", 2), ("conv-9", 1)]


def test_steps_stand_in_order_with_what_the_tools_did(books):
    """Human turn, answer, the tools it asked for with their arguments' hash, result and error."""
    trace = hexid("trace", 32)
    books.send(
        call(ts=at(0), session="S1", trace=trace, tools=[("grep", 1), ("grep", 2), ("ls", 1)]),
        tool("grep", ts=at(0.1), session="S1", seconds=2),
        tool("grep", ts=at(0.2), trace=trace, error="TimeoutError"),
        call(ts=at(1), session="S1", trigger="tool", results=["r1", "r2", "r3"]),
        tool("odd", ts=at(2), session="S1"),
    )
    books.refresh()
    steps = books.rows(
        "SELECT kind, name, signature, result, error, duration_ms, input_tokens "
        "FROM {db}.session_steps WHERE session_id = 'S1' ORDER BY ts, position"
    )
    signature = {(name, number): f"{name}:{hexid((name, number), 16)}" for name, number in (("grep", 1), ("grep", 2), ("ls", 1))}  # fmt: skip
    assert [(s["kind"], s["name"], s["error"], s["duration_ms"], s["input_tokens"]) for s in steps] == [
        ("user", "", False, None, None),
        ("llm", "gpt-4o-2024-08-06", False, 1000, 100),
        ("tool", "ls", False, None, None),  # nobody says that it was run: at the end of the answer
        ("tool", "grep", False, 2000, None),
        ("tool", "grep", True, 1000, None),
        ("llm", "gpt-4o-2024-08-06", False, 1000, 100),
        ("tool", "odd", False, 1000, None),
    ]  # fmt: skip
    tools = {
        s["signature"]: s["result"] for s in steps if s["kind"] == "tool" and s["name"] != "odd"
    }
    assert tools == {
        signature["grep", 1]: hexid("r1", 16),
        signature["grep", 2]: hexid("r2", 16),
        signature["ls", 1]: hexid("r3", 16),
    }


def test_runs_of_unknown_arguments_are_like_no_other(books):
    """Tool runs that nobody asked for by telemetry cannot look like a loop."""
    books.send(
        call(ts=at(0), session="S1"), *(tool("grep", ts=at(1 + n), session="S1") for n in range(5))
    )
    books.refresh()
    assert (
        books.value("SELECT uniqExact(signature) FROM {db}.session_steps WHERE kind = 'tool'") == 5
    )


def test_a_tool_run_told_by_two_emitters_is_one(books):
    """A framework's span and ours around one tool run are one run."""
    trace = hexid("trace", 32)
    books.send(
        call(ts=at(0), session="S1", trace=trace),
        tool("grep", ts=at(1), seconds=3, trace=trace, scope="openai_agents"),
        tool("grep", ts=at(1.01), seconds=1, trace=trace),
    )
    books.refresh()
    assert books.value("SELECT count() FROM {db}.tool_runs") == 1
