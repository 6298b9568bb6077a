"""Every provisioned alert on the real engine: it fires on what it is for, and on nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from alerts.planted import Call, recorded, rows
from store import spans

FOLDER = Path(__file__).resolve().parents[2] / "dashboards" / "provisioning" / "alerting"
GROUPS = yaml.safe_load((FOLDER / "rules.yaml").read_text("utf-8"))["groups"]
RULES = {rule["uid"].removeprefix("tokenboard-"): rule for g in GROUPS for rule in g["rules"]}
OF_SESSIONS = [name for name, rule in RULES.items() if "session_url" in rule["annotations"]]
LOOP_KINDS = ("same_call", "cycle", "window", "error_streak")
LENGTHS = {"cycle of 4": 24, "cycle of 5": 29}


def answer(books, name):
    """What a rule's query answers now: the frame's columns, and its rows as dicts."""
    (sql,) = [part["model"]["rawSql"] for part in RULES[name]["data"] if part["refId"] == "A"]
    assert "$" not in sql  # no macro: the same text everywhere
    result = books.client.query(sql)
    kinds = dict(zip(result.column_names, (t.name for t in result.column_types), strict=True))
    return kinds, list(result.named_results())


def firing(books, name):
    """The labels for which a rule's figure is above its threshold, each as a tuple of texts."""
    (checked,) = RULES[name]["data"][1]["model"]["conditions"]
    assert checked["evaluator"]["type"] == "gt"
    (above,) = checked["evaluator"]["params"]
    _, found = answer(books, name)
    return {
        tuple(v for k, v in row.items() if k != "value") for row in found if row["value"] > above
    }


def firing_of(books, name):
    """The same for a kind of loop, or for a rule by its name."""
    if name not in LOOP_KINDS:
        return firing(books, name)
    return {labels for labels in firing(books, "agent-loop") if labels[3] == name}


def sessions_of(found):
    return {labels[0] for labels in found}


# --- planted: one session that should be told of, one just below it --------------------------------


def tools(*signatures, ended="ok"):
    return [Call(((name, arguments, ended),)) for name, arguments in signatures]


def spoken(calls):
    first, *rest = calls
    return [Call(first.tools, True, first.agent, first.depth, first.tokens), *rest]


def window(times):
    return [pair for i in range(times) for pair in (("grep", "x"), ("read", i))]


PLANTED = {
    # rule or kind of loop: (calls that fire it, calls that do not, seconds between steps)
    "same_call": (tools(*[("grep", "x")] * 4), tools(*[("grep", "x")] * 3), 1),
    "cycle": (
        tools(*[("grep", "x"), ("read", "y")] * 5), tools(*[("grep", "x"), ("read", "y")] * 4), 1,
    ),
    "window": (tools(*window(6)), tools(*window(5)), 1),
    "error_streak": (
        tools(*[("book", i) for i in range(5)], ended="Refused"),
        tools(*[("book", i) for i in range(4)], ended="Refused"),
        1,
    ),
    "calls-since-human": (spoken([Call()] * 201), spoken([Call()] * 200), 1),
    "agent-depth": ([Call(depth=6, agent="a")], [Call(depth=5, agent="a")], 1),
    "context-growth": (
        tools(("look", "x"), ("find", "y")) +
        [Call((("look", "x", "ok"), ("find", "y", "ok")), tokens=1000 + 11_000 * i) for i in range(6)],
        tools(("look", "x"), ("find", "y")) +
        [Call(((f"look{i}", "x", "ok"),), tokens=1000 + 11_000 * i) for i in range(6)],
        1,
    ),
    "retry-storm": (
        [Call(error="timeout", tokens=0)] * 21, [Call(error="timeout", tokens=0)] * 20, 1,
    ),
    # twelve quiet minutes, then either four wild ones or four quiet ones
    "burn-history": (
        [Call(tokens=20_000)] * 24 + [Call(tokens=400_000)] * 8,
        [Call(tokens=20_000)] * 24 + [Call(tokens=22_000)] * 8,
        30,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def planted(books):
    """The books with a pair of sessions for each rule, money, budgets and what came before."""
    now = datetime.now(UTC)
    ends = now - timedelta(seconds=20)
    sent = []
    for name, (wild, calm, step) in PLANTED.items():
        sent += rows(f"{name} wild", wild, ends=ends, step=step, user="al@corp")
        sent += rows(f"{name} calm", calm, ends=ends, step=step)
    books.client.insert(
        "aliases", [["al@corp", "email", "alice"]], column_names=["value", "kind", "person_id"]
    )
    books.price()
    for session, tokens in (("burn-limit wild", 3_000_000), ("burn-limit calm", 2_000_000)):
        # $2 a million input tokens: $30 and $20 in five minutes
        sent += [
            spans.call(
                ts=now - timedelta(seconds=20 + 30 * i), session=session, user=session,
                model="m-1", input_tokens=tokens, output_tokens=0,
            )
            for i in range(5)
        ]  # fmt: skip
    for session, user in (("idle wild", "tool"), ("idle calm", "user")):
        sent += [
            spans.call(ts=now - timedelta(hours=5), session=session, user="zoe", trigger="tool"),
            spans.call(ts=now - timedelta(hours=2), session=session, user="zoe", trigger=user),
            spans.call(
                ts=now - timedelta(minutes=1), session=session, user="zoe", trigger="tool",
                input_tokens=600_000,
            ),
        ]  # fmt: skip
    sent.append(spans.call(ts=ends, user="alice", model="mystery-1", session="other"))
    books.client.insert(
        "budgets",
        [
            ["user", "burn-limit wild", Decimal(30), datetime(2020, 1, 1, tzinfo=UTC).date()],
            ["user", "burn-limit calm", Decimal(24), datetime(2020, 1, 1, tzinfo=UTC).date()],
            ["user", "alice", Decimal(1000), datetime(2020, 1, 1, tzinfo=UTC).date()],
        ],
        column_names=["scope", "name", "monthly_usd", "valid_from"],
    )
    books.send(*sent)
    books.refresh()
    point(books, "accepted", 10, component="calm")
    return books


@pytest.mark.parametrize("name", RULES)
def test_an_alert_query_answers_one_number_and_texts(name, planted):
    """Grafana makes an alert of a table only if one column is numeric and every other is text."""
    kinds, _ = answer(planted, name)
    assert kinds.pop("value") == "Float64"
    assert set(kinds.values()) == {"String"}


@pytest.mark.parametrize("name", PLANTED)
def test_a_session_rule_fires_from_its_threshold_on(name, planted):
    """The session that reaches the threshold is told of, the one just below it is not."""
    found = firing_of(planted, name)
    (labels,) = [labels for labels in found if labels[0] == f"{name} wild"]
    assert "alice" in labels  # the person, whatever the emitter called them
    assert f"{name} calm" not in sessions_of(found)


def test_burning_money_fires(planted):
    """$6 a minute over five minutes is told of, $4 is not."""
    found = sessions_of(firing(planted, "burn-limit"))
    assert found & {"burn-limit wild", "burn-limit calm"} == {"burn-limit wild"}


def test_budgets_fire_at_80_and_at_100_percent(planted):
    """$30 of $30 is used up, $20 of $24 nearly, and who has spent nothing is not told of."""
    assert firing(planted, "budget-80") == {
        ("user", "burn-limit wild"),
        ("user", "burn-limit calm"),
    }
    assert firing(planted, "budget-100") == {("user", "burn-limit wild")}


def test_no_alert_names_who_chose_not_to_be_named(planted):
    """Labels hold the pseudonym, or (hidden), and teams too small to be shown are one."""
    planted.run(
        "INSERT INTO {db}.people (person_id, listing, pseudonym) VALUES ('alice', 'pseudonym', 'Otter'), "
        "('zoe', 'hidden', ''), ('burn-limit wild', 'hidden', ''), ('burn-limit calm', 'hidden', '')"
    )
    planted.run("INSERT INTO {db}.settings (name, value) VALUES ('min_cohort', '2')")
    planted.run(
        "INSERT INTO {db}.budgets (scope, name, monthly_usd) VALUES ('team', 'of one', 100), ('team', 'of two', 100)"
    )
    try:
        shown = {
            rule: sorted({row[who] for row in answer(planted, rule)[1] if row[who]})
            for rule in RULES
            for who in ("user", "name")
            if who in answer(planted, rule)[0]
        }
        budgets = sorted((row["scope"], row["name"]) for row in answer(planted, "budget-80")[1])
        assert firing(planted, "budget-100") == {("user", "(hidden)")}
    finally:
        planted.run("TRUNCATE TABLE {db}.people")
        planted.run("INSERT INTO {db}.settings (name, value) VALUES ('min_cohort', '')")
        planted.run("DELETE FROM {db}.budgets WHERE scope = 'team'")
    assert budgets == [("team", "(small teams)"), ("user", "(hidden)"), ("user", "Otter")]
    assert (
        shown.pop("budget-80") == shown.pop("budget-100") == ["(hidden)", "(small teams)", "Otter"]
    )
    assert shown.pop("idle-burn") == ["(hidden)"]
    assert shown.pop("agent-loop") == ["Otter"]
    assert {tuple(names) for names in shown.values()} == {("(hidden)", "Otter")}


def test_idle_burn_fires_only_with_nobody_there(planted):
    """Tokens of a session that runs for five hours alone are told of; a person two hours ago is one."""
    assert sessions_of(firing(planted, "idle-burn")) == {"idle wild"}


def test_calls_without_a_price_fire_by_model(planted):
    """A model that no price list has is named; one with a price is not."""
    found = {model for _, model in firing(planted, "unpriced-spend")}
    assert "mystery-1" in found
    assert "m-1" not in found


def test_tokens_of_nobody_fire(planted):
    """With a user on every call nothing fires; more tokens of nobody than of all others do."""
    assert firing(planted, "unattributed-share") == set()
    ts = datetime.now(UTC) - timedelta(seconds=10)
    planted.send(*(spans.call(ts=ts, user=None, input_tokens=9_000_000) for _ in range(20)))
    planted.refresh()
    assert firing(planted, "unattributed-share") == {("all",)}


def point(books, kind, value, component="otelcol"):
    now = datetime.now(UTC)
    books.client.insert(
        "pipeline_points",
        [[now.replace(second=0, microsecond=0), component, "one", kind, 1, now, float(value)]],
        column_names=["minute", "component", "instance", "kind", "series", "at", "value"],
    )


def test_a_pipeline_that_loses_or_waits_fires(planted):
    """Nothing said is no alert; a refused record is, and so is a queue more than half full."""
    assert firing(planted, "pipeline-loss") == set()
    assert firing(planted, "pipeline-queue") == set()
    point(planted, "accepted", 10)
    point(planted, "queue_capacity", 100)
    point(planted, "queue_size", 50)
    assert firing(planted, "pipeline-loss") == set()
    assert firing(planted, "pipeline-queue") == set()
    point(planted, "refused", 1, component="other")
    point(planted, "queue_capacity", 100, component="other")
    point(planted, "queue_size", 51, component="other")
    assert firing(planted, "pipeline-loss") == {("other",)}
    assert firing(planted, "pipeline-queue") == {("other",)}


def test_books_that_fall_behind_fire(planted):
    """Books that are up to date never fire, however old; something waiting for five minutes does."""

    def settled(minutes_ago):
        planted.run("DELETE FROM {db}.generations WHERE stage = 'all'")
        planted.run(
            "INSERT INTO {db}.generations (stage, unit, generation, inputs) SELECT 'all', "
            f"toDateTime(0, 'UTC'), dateTimeToSnowflakeID(now() - INTERVAL {minutes_ago} MINUTE), "
            "inputs FROM {db}.pending"
        )

    planted.refresh()
    settled(5)
    assert firing(planted, "books-delay") == set()
    planted.send(spans.call(ts=datetime.now(UTC)))
    assert firing(planted, "books-delay") == {("books",)}
    planted.refresh()
    assert firing(planted, "books-delay") == set()


# --- recorded runs, and loops planted in sessions of every length ----------------------------------


def test_no_rule_fires_on_real_runs(planted, recorded_data):
    """None of 200 recorded airline runs sets off any rule about sessions."""
    path = recorded_data / "agents" / "tau_bench_gpt4o_airline.json"
    runs = [recorded(run["traj"]) for run in json.loads(path.read_text("utf-8"))]
    ends = datetime.now(UTC) - timedelta(seconds=10)
    planted.send(
        *(row for n, calls in enumerate(runs) for row in rows(f"airline-{n}", calls, ends=ends))
    )
    planted.refresh()
    stored = planted.one(
        "SELECT uniqExact(session_id) AS sessions, countIf(kind = 'tool') AS tools, "
        "countIf(kind = 'tool' AND error) AS failed FROM {db}.session_steps "
        "WHERE session_id LIKE 'airline-%'"
    )
    assert stored["sessions"] == 200
    assert stored["tools"] == sum(len(call.tools) for run in runs for call in run)
    assert stored["failed"] == sum(t[2] == "tool_error" for r in runs for c in r for t in c.tools)
    for name in OF_SESSIONS:
        found = sessions_of(firing(planted, name))
        assert not [session for session in found if session.startswith("airline-")], name
    assert planted.rows("SELECT * FROM {db}.watched_loops WHERE session_id LIKE 'airline-%'") == []


def paraphrased(length):
    """Twenty calm minutes, then never the same words twice, each call with a context half as long again."""
    calm = [Call(((f"look{i}", i, "ok"),), tokens=3_000) for i in range(100)]
    size = 3_000.0
    for i in range(length):
        size *= 1.5
        calm.append(Call((("ask", f"in other words {i}", "ok"),), tokens=int(size)))
    return spoken(calm)


def recursion(length):
    """Each agent starts another one with the same words."""
    return spoken([Call(agent="worker", depth=i + 1, user=i > 0) for i in range(length)])


LOOPS = {
    "identical": lambda n: tools(*[("grep", "x")] * n),
    **{
        f"cycle of {k}": lambda n, k=k: tools(*[(f"t{i % k}", "x") for i in range(n)])
        for k in range(2, 6)
    },
    "paraphrased": paraphrased,
    "recursion": recursion,
}


def test_every_planted_loop_is_caught(planted, record_property):
    """Whatever the loop, some rule fires within so many steps of its beginning."""
    ends = datetime.now(UTC) - timedelta(seconds=10)
    planted.send(
        *(
            row
            for kind, made in LOOPS.items()
            for n in range(1, LENGTHS.get(kind, 20))
            for row in rows(f"{kind}|{n}", made(n), ends=ends, step=6)
        )
    )
    planted.refresh()
    first = {}
    for name in OF_SESSIONS:
        for session in sessions_of(firing(planted, name)):
            kind, bar, length = session.partition("|")
            if bar:
                first[kind] = min(first.get(kind, (999, "")), (int(length), name))
    for kind in LOOPS:
        record_property(kind, first[kind])
    steps = {kind: first[kind][0] for kind in LOOPS}
    assert steps.pop("paraphrased") <= 12
    assert steps == {
        "identical": 4, "cycle of 2": 10, "cycle of 3": 15, "cycle of 4": 20, "cycle of 5": 25,
        "recursion": 6,
    }  # fmt: skip
