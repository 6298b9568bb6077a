"""Usage over sets of dimensions: what panels read instead of everybody's rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from store.spans import call

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
SETS = {
    "agent", "agent model", "agent model project service", "model", "project service", "team", "team agent",
    "team agent model", "team model",
}  # fmt: skip
AN_HOUR = timedelta(hours=1)


def test_every_set_adds_up_to_the_whole(books):
    """Eight calls of 1,010 tokens are 8,080 by team as by model, two of them nobody's."""
    books.send(
        *(
            call(ts=DAY + number * AN_HOUR, user=None if number in {3, 4} else "alice", team=team,
                 model=model, agent=agent, input_tokens=1000)
            for number, (team, model, agent) in enumerate(
                product(["red", None], ["m-1", "m-2"], ["coder", None]))
        )
    )  # fmt: skip
    books.refresh()
    for unit in ("1h", "1d"):
        found = books.rows(
            "SELECT dimensions, sum(gross_tokens) AS gross, sum(unattributed_tokens) AS nobodys, "
            f"sum(calls) AS n FROM {{db}}.usage_cube_{unit} GROUP BY dimensions"
        )
        assert {line["dimensions"] for line in found} == SETS
        assert {(line["gross"], line["nobodys"], line["n"]) for line in found} == {(8080, 2020, 8)}
    found = books.rows(
        "SELECT team, model, sum(calls) AS n FROM {db}.usage_cube_1d "
        "WHERE dimensions = 'team model' GROUP BY ALL ORDER BY ALL"
    )
    assert [tuple(line.values()) for line in found] == [
        ("", "m-1", 2), ("", "m-2", 2), ("red", "m-1", 2), ("red", "m-2", 2)
    ]  # fmt: skip


@pytest.mark.parametrize("unit", ["1h", "1d"])
def test_a_call_that_moves_leaves_no_ghost(books, unit):
    """Told again with another model, agent and team, a call is counted there and nowhere else."""
    same = {
        "ts": DAY,
        "trace": "a" * 32,
        "span": "b" * 16,
        "user": "alice",
        "response_id": "resp_1",
    }
    teams = f"SELECT DISTINCT team, agent, model FROM {{db}}.usage_cube_{unit} WHERE dimensions = 'team agent model' AND calls > 0"  # fmt: skip
    books.send(call(**same, team="red", agent="coder", model="m-1", input_tokens=10))
    books.refresh()
    assert books.one(teams) == {"team": "red", "agent": "coder", "model": "m-1"}
    books.run("INSERT INTO {db}.people (person_id, team) VALUES ('alice', 'blue')")
    books.refresh()
    if unit == "1d":
        assert books.one(teams) == {"team": "blue", "agent": "coder", "model": "m-1"}
    books.run(
        "ALTER TABLE {db}.emissions UPDATE agent = 'writer' WHERE 1 SETTINGS mutations_sync = 2"
    )
    books.run(
        "INSERT INTO {db}.dirty_slots (slot, marks, rows) SELECT DISTINCT slot, 1, 0 FROM {db}.emissions"
    )
    books.refresh()
    assert books.one(teams) == {"team": "blue", "agent": "writer", "model": "m-1"}


def test_each_kind_of_failure_is_counted_with_its_further_attempts(books):
    """A refusal, its refused second try and the answer of the third: two failures, two further attempts."""
    same = {"ts": DAY, "team": "red", "model": "m-1", "session": "s"}
    refused = {"input_tokens": None, "output_tokens": None, "status": 429, "error": "rate_limit"}
    books.send(
        call(**same, **refused),
        call(**same | {"ts": DAY + timedelta(seconds=1)}, **refused, attempt=2),
        call(**same | {"ts": DAY + timedelta(seconds=3)}, attempt=3),
        call(**same | {"ts": DAY + AN_HOUR}, error="TimeoutError", status=0, input_tokens=None),
        call(**same | {"ts": DAY + AN_HOUR, "team": "blue"}),
    )
    books.refresh()
    for unit in ("1h", "1d"):
        found = books.rows(
            "SELECT team, error_type, sum(calls) AS n, sum(further_attempts) AS tries "
            f"FROM {{db}}.attempts_{unit} GROUP BY ALL ORDER BY ALL"
        )
        assert [tuple(line.values()) for line in found] == [
            ("blue", "", 1, 0), ("red", "", 1, 1), ("red", "TimeoutError", 1, 0), ("red", "rate_limit", 2, 1),
        ]  # fmt: skip


def test_a_failure_that_is_told_of_otherwise_is_counted_anew(books):
    """What turns out to be another kind of failure is one by day, too, though no usage changed."""
    books.send(call(ts=DAY, error="APIError", status=500, input_tokens=None, output_tokens=None))
    books.refresh()
    books.run(
        "ALTER TABLE {db}.emissions UPDATE error_type = 'overloaded' WHERE 1 SETTINGS mutations_sync = 2"
    )
    books.run(
        "INSERT INTO {db}.dirty_slots (slot, marks, rows) SELECT DISTINCT slot, 1, 0 FROM {db}.emissions"
    )
    books.refresh()
    kinds = "SELECT DISTINCT error_type FROM {db}.attempts_1d"
    assert books.one(kinds) == {"error_type": "overloaded"}


def test_books_of_before_the_cube_get_it_without_a_new_call(books):
    """Whoever upgrades sees their past at the next refresh, though nothing came in."""
    books.send(call(ts=DAY, team="red", input_tokens=100, output_tokens=10))
    books.refresh()
    assert books.refresh() == 0
    for table in ("usage_cube_1h_rows", "usage_cube_1d_rows"):
        books.run(f"TRUNCATE TABLE {{db}}.{table}")
    books.run("DELETE FROM {db}.generations WHERE stage IN ('cube_1h', 'cube_1d')")
    # as the version before left it: up to date by fewer stages
    books.run(
        "INSERT INTO {db}.generations (stage, unit, generation, inputs) SELECT 'all', toDateTime(0, 'UTC'), "
        "generateSnowflakeID(), (SELECT cityHash64(toDate(now(), 'UTC'), aliases, board, "
        "(SELECT sum(marks) FROM {db}.dirty_slots)) FROM {db}.reference_state)"
    )
    books.refresh()
    assert (
        books.value("SELECT sum(gross_tokens) FROM {db}.usage_cube_1h WHERE dimensions = 'team'")
        == 110
    )
    assert (
        books.value("SELECT sum(gross_tokens) FROM {db}.usage_cube_1d WHERE dimensions = 'team'")
        == 110
    )
