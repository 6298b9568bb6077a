"""A store that a released version made, brought to this one: every figure stays, and it goes on."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from store.spans import COLUMNS, agent, call, insert, task, tool
from tokenboard import store
from tokenboard.local.engine import Engine

ROOT = Path(__file__).resolve().parents[2]
# Commits whose schema somebody's books may have.
RELEASED = ("b90034a",)
HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
# Of columns that each release has; what the views say, not the tables behind them.
FIGURES = {
    "calls": "SELECT call_id, ts, user_id, team, session_id, model, input_tokens, output_tokens, "
    "cache_read_tokens, status, attempt FROM calls ORDER BY call_id",
    "costs": "SELECT call_id, cost_usd, cost_source, quarantined FROM priced_calls ORDER BY call_id",
    "deductions": "SELECT call_id, rule, tokens, because FROM deductions ORDER BY call_id",
    "usage": "SELECT day, user_id, model, sum(calls), sum(gross_tokens), sum(net_tokens), sum(cost_usd), "
    "sum(tasks_done) FROM usage_1d GROUP BY day, user_id, model ORDER BY day, user_id, model",
    "hours": "SELECT hour, team, sum(calls), sum(gross_tokens) FROM team_usage_1h GROUP BY hour, team "
    "ORDER BY hour, team",
    "standings": "SELECT window_days, subject, name, rank, display_name, gross_tokens, net_tokens, "
    "cost_usd, tier, titles FROM standings ORDER BY window_days, subject, name",
    "sessions": "SELECT session_id, user_id, calls, human_turns, gross_tokens, net_tokens "
    "FROM sessions ORDER BY session_id",
    "tasks": "SELECT task_id, outcome FROM tasks ORDER BY task_id",
    "tools": "SELECT session_id, name, was_asked, was_run FROM tool_calls ORDER BY session_id, name, ts",
    "scores": "SELECT name, score, call_id FROM scores ORDER BY name",
    "people": "SELECT person_id, display_name, listing FROM people FINAL ORDER BY person_id",
    "budgets": "SELECT name, month, spent_usd FROM budget_status ORDER BY name, month",
    "raw": "SELECT count(), uniqExact(SpanId) FROM otel_traces",
}
# Run by the release's own code: makes its store, fills it, and says what its figures are.
MAKE = """
import json, sys
from datetime import datetime
from pathlib import Path
from tokenboard import store
place, asked = Path(sys.argv[1]), json.load(sys.stdin)
client = store.connect(data=place)
store.migrate(client)
for statement in asked["statements"]:
    client.command(statement)
store.refresh(client)
told = {name: [list(map(str, row)) for row in client.query(query).result_rows]
        for name, query in asked["figures"].items()}
client.close()
print(json.dumps(told))
"""


def released(commit, place):
    """The code of a release, as its repository has it."""
    paths = ("instrumentation", "clickhouse", "dashboards", "pyproject.toml")
    done = subprocess.run(
        ["git", "-C", ROOT, "archive", commit, *paths], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"the repository's history does not reach back to {commit}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(place, filter="data")
    return place


def telemetry():
    """Two days: duplicates, an error that was billed, tools, a task, an absurd price, nobody."""
    early, late = HOUR - timedelta(hours=30), HOUR - timedelta(hours=5)
    absurd = {"tokenboard.reported_cost_usd": "999"}
    return [
        call(ts=early, user="ada", team="red", session="S", prompt="p", model="m-1"),
        call(ts=early + timedelta(minutes=5), user="ada", team="red", session="S", prompt="p", model="m-1"),
        call(ts=late, user="ada@x.org", team="red", session="S", model="m-1", cache_read=60),
        call(ts=late, user="bob", input_tokens=20_000_000, error="500", status=500, model="m-1"),
        call(ts=late, user="bob", attributes=absurd, tools=[("grep", "00000000000000aa")], session="B"),
        call(ts=late, user=None, input_tokens=7000, response_id="r-scored"),
        tool("grep", ts=late, session="B", user="bob"),
        agent("digger", ts=late, session="B", user="bob"),
        task("T", ts=late, user="ada"),
    ]  # fmt: skip


def statements():
    price = (
        "provider, model, minute_to, priority, known, input, output, cache_read, source, version"
    )
    score = "gen_ai.evaluation.result"
    who = "person_id, display_name, listing, pseudonym"
    return [
        f"INSERT INTO tokenboard.otel_traces ({', '.join(f'`{name}`' for name in COLUMNS)}) "
        "FORMAT JSONEachRow\n"
        + "\n".join(
            json.dumps({**line, "Timestamp": f"{line['Timestamp']:%Y-%m-%d %H:%M:%S.%f}"})
            for line in telemetry()
        ),
        f"INSERT INTO tokenboard.prices ({price}) SELECT 'openai', 'm-1', 1440, 1, true, 2, 8, 0.5, 'test', 1",
        f"INSERT INTO tokenboard.people ({who}) SELECT 'ada', 'Ada', 'pseudonym', 'Otter'",
        "INSERT INTO tokenboard.aliases (value, kind, person_id) VALUES ('ada@x.org', 'email', 'ada')",
        (
            "INSERT INTO tokenboard.otel_logs (Timestamp, EventName, LogAttributes) "
            f"SELECT toDateTime64('{HOUR - timedelta(hours=4):%Y-%m-%d %H:%M:%S}', 9, 'UTC'), '{score}', "
            "map('gen_ai.evaluation.name', 'right', 'gen_ai.evaluation.score.value', '0.5', "
            "'gen_ai.response.id', 'r-scored')"
        ),
        "INSERT INTO tokenboard.budgets (scope, name, monthly_usd) VALUES ('user', 'bob', 100)",
        "INSERT INTO tokenboard.tiers (tier, min_tokens, top_share) VALUES ('bronze', 100, 0.9)",
    ]


@pytest.mark.parametrize("commit", RELEASED)
def test_a_released_store_keeps_every_figure(tmp_path, commit):
    """Made by the released code, opened by this one: the same figures, also made anew, and it goes on."""
    code, place = released(commit, tmp_path / "code"), tmp_path / "data"
    made = subprocess.run(
        [sys.executable, "-c", MAKE, place],
        input=json.dumps({"statements": statements(), "figures": FIGURES}),
        env={**os.environ, "PYTHONPATH": str(code / "instrumentation")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    before = json.loads(made.stdout)
    assert all(before.values()), "a figure that says nothing compares nothing"
    with Engine(place) as engine:
        client = engine.client()

        def figures():
            return {
                name: [list(map(str, row)) for row in client.query(query).result_rows]
                for name, query in FIGURES.items()
            }

        assert store.migrate(client) == []  # the engine did it as it opened them
        store.refresh(client)
        assert figures() == before
        # everything once more from the emissions
        client.command(
            "INSERT INTO dirty_slots (slot, marks, rows) SELECT DISTINCT slot, 1, 0 FROM dirty_slots"
        )
        store.refresh(client)
        assert figures() == before
        insert(client, "tokenboard", [call(ts=HOUR - timedelta(hours=3), user="ada", model="m-1")])
        store.refresh(client)
        total = "SELECT sum(calls) FROM usage_1d"
        assert client.query(total).result_rows == [(7,)]
        client.close()
