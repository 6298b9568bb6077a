"""The loop rules in SQL: the same answers as ``tokenboard.loops`` on the same sessions."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from alerts.planted import Call, rows
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tokenboard.cli.sessions import by_agent
from tokenboard.loops import Step, findings
from tokenboard.signals import signals

_session = itertools.count(1)

# --- SQL and Python ------------------------------------------------------------------------------

tool = st.tuples(
    st.sampled_from(["find", "book"]),
    st.sampled_from("xyz"),
    st.sampled_from(["ok", "Refused", "Timeout", None]),
)
again = st.tuples(
    st.lists(tool, min_size=1, max_size=5),
    st.integers(1, 12),
    st.sampled_from([0, 0, 0, 1, 2]),
    st.lists(st.sampled_from([100, 700, 5000, None]), min_size=1, max_size=4),
)


def laid_out(parts):
    """Calls that go through their parts' tools again and again, one or several in a call."""
    calls = []
    for number, (tools, times, depth, sizes) in enumerate(parts):
        agent = ("", "boss", "helper")[depth]
        asked = list(itertools.chain.from_iterable([tools] * times))
        at_once = 1 + number % 3
        for first in range(0, len(asked), at_once):
            spoken = first == 0 and number % 2 == 0
            size = sizes[first % len(sizes)]
            tokens, error = (0, "timeout") if size is None else (size + 40 * len(calls), None)
            attempt = 1 + (tokens == 5000)
            asks = tuple(asked[first : first + at_once])
            calls.append(Call(asks, spoken, agent, depth, tokens, attempt, error))
    return calls


sessions = st.lists(st.lists(again, min_size=1, max_size=5).map(laid_out), min_size=30, max_size=30)


def by_python(books, names):
    """What ``findings`` says of the steps that the books hold: session, agent, rule, count, first, last."""
    steps = defaultdict(list)
    wanted = ", ".join(f"'{name}'" for name in names)
    for row in books.rows(
        f"SELECT * FROM {{db}}.session_steps WHERE session_id IN ({wanted}) "
        "ORDER BY session_id, ts, position, span_id"
    ):
        steps[row["session_id"]].append(row)
    for session, found in steps.items():
        for agent, positions in by_agent(found).items():
            mine = [found[position] for position in positions]
            for finding in findings(
                Step(row["ts"].timestamp(), row["kind"], row["signature"], error=bool(row["error"]))
                for row in mine
            ):
                yield (
                    session, agent, finding.rule, finding.count,
                    mine[finding.first]["ts"], mine[finding.last]["ts"],
                )  # fmt: skip


def by_sql(books, names):
    wanted = ", ".join(f"'{name}'" for name in names)
    for row in books.rows(f"SELECT * FROM {{db}}.watched_loops WHERE session_id IN ({wanted})"):
        yield (
            row["session_id"], row["agent"], row["rule"], row["count"], row["first_ts"], row["last_ts"]
        )  # fmt: skip


def compare_signals(books, names):
    """The view and ``signals`` give the same figures for each session."""
    wanted = ", ".join(f"'{name}'" for name in names)
    told = books.rows(
        "SELECT *, toUnixTimestamp(now()) AS at FROM {db}.session_signals "
        f"WHERE session_id IN ({wanted})"
    )
    assert {row["session_id"] for row in told} == set(names)
    steps = defaultdict(list)
    for row in books.rows(
        f"SELECT * FROM {{db}}.session_steps WHERE session_id IN ({wanted}) "
        "ORDER BY session_id, ts, position, span_id"
    ):
        steps[row["session_id"]].append(
            Step(
                row["ts"].replace(tzinfo=UTC).timestamp(),
                row["kind"],
                row["signature"],
                error=bool(row["error"]),
                tokens=(row["input_tokens"] or 0) + (row["output_tokens"] or 0),
                agent=row["agent"],
                depth=row["agent_depth"],
                input_tokens=row["input_tokens"] or 0,
                attempt=row["attempt"],
            )
        )
    for row in told:
        own = signals(steps[row["session_id"]], float(row["at"]))
        assert row["calls_since_human"] == own.calls_since_human
        assert row["depth"] == own.depth
        assert row["retries"] == own.retries
        assert row["tokens_per_minute"] == pytest.approx(own.tokens_per_minute)
        assert row["burn_ratio"] == pytest.approx(own.burn_ratio)
        assert row["context_growth"] == own.context_growth
        for name in ("retries", "burn_ratio", "context_growth"):
            seen[name] += getattr(own, name) > 0


seen = defaultdict(int)


@settings(
    max_examples=3,
    deadline=None,
    # Shrinking would ask the engine hundreds of times; the sessions are small as they are.
    phases=(Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sessions)
def test_sql_and_python_say_the_same(books, many):
    """On any sessions the SQL finds the loops that Python finds: rule, count, first and last step."""
    now = datetime.now(UTC)
    names = [f"any-{next(_session)}" for _ in many]
    books.send(
        *(
            row
            for name, calls in zip(names, many, strict=True)
            for row in rows(name, calls, ends=now - timedelta(seconds=30), step=1 + len(calls) % 10)
        )
    )
    books.refresh()
    compare_signals(books, names)
    expected = sorted(by_python(books, names))
    assert sorted(by_sql(books, names)) == expected
    for _, _, rule, *_ in expected:
        seen[rule] += 1


def test_every_rule_took_part():
    """The generated sessions held every kind of loop and signal: the test above compared something."""
    if not seen:
        pytest.skip("the comparison has not run in this process")
    kinds = [
        "same_call",
        "cycle",
        "window",
        "error_streak",
        "retries",
        "burn_ratio",
        "context_growth",
    ]
    assert [name for name in kinds if not seen[name]] == []


def test_instructions_to_sub_agents_are_no_human_turns(books):
    """An agent that hands out the same work four times is caught, though each time a sub-agent is spoken to.

    The sub-agent that begins each of four different pieces of work alike is not.
    """
    boss = Call((("delegate", "the same", "ok"),), agent="boss", depth=1)
    helper = Call((("read", "README", "ok"),), user=True, agent="helper", depth=2)
    calls = [Call(user=True, agent="boss", depth=1), *[boss, helper] * 4]
    books.send(*rows("delegating", calls, ends=datetime.now(UTC) - timedelta(seconds=30)))
    books.refresh()
    (found,) = books.rows("SELECT * FROM {db}.watched_loops WHERE session_id = 'delegating'")
    assert (found["agent"], found["rule"], found["count"]) == ("boss", "same_call", 4)
    assert found["tool"] == "delegate"
