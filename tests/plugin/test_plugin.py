"""Every panel's and every alert's query through the backend of Grafana's own ClickHouse plugin.

The plugin is a Go module that the program beside this file is built on, from where Go is set up to
look for modules.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import yaml
from alerts.planted import Call, rows
from dashboards.company import Company
from dashboards.troubles import LOOPING, Troubles, store_surroundings
from store import spans
from tokenboard import store
from tokenboard.local.stack import Stack
from tokenboard.queries import chart_interval, panels
from tokenboard.queries.macros import TimeWindow, blank_comments, expand
from tokenboard.queries.variables import ALL, interpolate, switches, turn
from tokenboard.store import prices

HERE = Path(__file__).resolve().parent
PROVISIONED = HERE.parents[1] / "dashboards" / "provisioning"
SOURCE = yaml.safe_load((PROVISIONED / "datasources/clickhouse.yaml").read_text("utf-8"))
GROUPS = yaml.safe_load((PROVISIONED / "alerting/rules.yaml").read_text("utf-8"))["groups"]
RULES = {rule["uid"]: rule["data"][0] for group in GROUPS for rule in group["rules"]}
RANGES = {"month": timedelta(days=30), "two days": timedelta(days=2)}
TIME_SERIES, TABLE = 0, 1  # a target's format
EPOCH = datetime.fromtimestamp(0, UTC)
RUNAWAY = "runs away"
# What these answer moves on: the last minutes, and what the running stack tells of itself.
MOVING = ("alert ", "tokenboard-pipeline: ")


class Asked(NamedTuple):
    """One query as Grafana's server hands it to the plugin."""

    name: str
    model: dict
    window: TimeWindow
    shown: str = ""
    """What the panel calls its series, if anything."""


def panel_queries(now, chosen):
    """Every target and every variable's query, variables put in as the browser does."""
    for label, length in RANGES.items():
        window = TimeWindow(now - length, now + timedelta(minutes=1), chart_interval(length))
        for uid, board in panels.dashboards().items():
            variables = board["templating"]["list"]
            values = {v["name"]: v.get("current", {}).get("value", ALL) for v in variables}
            every = {v["name"]: v["allValue"] for v in variables if v.get("allValue")}
            targets = [
                (
                    f"{uid}: {panel['title']} {target['refId']}",
                    target,
                    panel["fieldConfig"]["defaults"].get("displayName", ""),
                )
                for panel in panels.panels(board)
                for target in panel.get("targets", [])
                if "rawSql" in target  # others draw another panel's answer
            ] + [
                (f"{uid}: ${v['name']}", {**v["query"], "format": TABLE}, "")
                for v in variables
                if v["type"] == "query"
            ]
            for name, target, shown in targets:
                built_in = {"__from": str(window.start_ms), "__to": str(window.end_ms)}
                filled = {**built_in, **values, **chosen}
                raw = interpolate(turn(target["rawSql"], filled), filled, every)
                yield Asked(f"{name} ({label})", {**target, "rawSql": raw}, window, shown)
                if switches(target["rawSql"]) and label == "month":
                    turned = turn(target["rawSql"], {**filled, "unready": "/*"})
                    raw = interpolate(turned, filled, every)
                    yield Asked(f"{name} (ready)", {**target, "rawSql": raw}, window, shown)


def alert_queries(now):
    """Every rule's query over the rule's own time range."""
    for uid, query in RULES.items():
        length = timedelta(seconds=query["relativeTimeRange"]["from"])
        interval = timedelta(milliseconds=query["model"]["intervalMs"])
        yield Asked(f"alert {uid}", query["model"], TimeWindow(now - length, now, interval))


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """The program that asks the plugin's backend."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed: the plugin's backend cannot be built")
    listed = subprocess.run(
        [go, "list", "-deps", "."], cwd=HERE, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        said = next(
            (line for line in listed.stderr.splitlines() if "reading" in line), listed.stderr
        )
        pytest.skip(f"the plugin's Go modules cannot be had: {said.strip()}")
    program = tmp_path_factory.mktemp("plugin") / "ask"
    subprocess.run([go, "build", "-o", program, "."], cwd=HERE, check=True)
    return program


@pytest.fixture(scope="module")
def answered(plugin, tmp_path_factory):
    """(queries by name, the plugin's answers by name, client): a company, and an agent that runs away."""
    with Stack(tmp_path_factory.mktemp("stack"), 0, 0, 0) as running:
        client = running.engine.client()
        made = Company()
        troubles = Troubles(made)
        made.store(client)
        store_surroundings(client, made.now)
        now = datetime.now(UTC)
        calls = [Call((("grep", "x", "ok"),), agent="coder", depth=n) for n in range(8)]
        spans.insert(client, "tokenboard", rows(RUNAWAY, calls, ends=now - timedelta(seconds=20)))
        store.refresh(client)
        prices.sync(client)
        store.refresh(client)
        chosen = {"user": "fay", "session": LOOPING, "trace": troubles.trace}
        asked = {q.name: q for q in (*panel_queries(made.now, chosen), *alert_queries(now))}
        yield asked, ask(plugin, running.addresses["clickhouse"], asked.values()), client
        client.close()


def ask(program, address, asked):
    """What the plugin gives for each query, through the provisioned data source set to ``address``."""
    where = urlsplit(address)
    (source,) = SOURCE["datasources"]
    local = {"host": where.hostname, "port": where.port, "protocol": "http", "username": "default"}
    request = {
        "jsonData": {**source["jsonData"], **local},
        "secureJsonData": {"password": ""},
        "queries": [
            {
                "name": one.name,
                "model": one.model,
                "from": one.window.start_ms,
                "to": one.window.end_ms,
                "interval": one.window.interval_ms,
            }
            for one in asked
        ],
    }
    done = subprocess.run(
        [program], input=json.dumps(request), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}


def frames(answered, form):
    """(name, query, frame) of every answer in one format; there is one frame in each."""
    asked, found, _ = answered
    for name, one in asked.items():
        if one.model["format"] == form:
            (frame,) = found[name]["frames"]
            yield name, one, frame


def columns(frame):
    """A frame's columns by name."""
    names = [field["name"] for field in frame["schema"]["fields"]]
    assert len(names) == len(set(names))
    return dict(zip(names, frame["data"]["values"], strict=True))


def plain(cell):
    """A cell of the client as a frame's JSON has it: moments in milliseconds, money as a number."""
    if isinstance(cell, datetime):
        moment = cell if cell.tzinfo else cell.replace(tzinfo=UTC)
        return (moment - EPOCH) // timedelta(milliseconds=1)
    if isinstance(cell, date):
        return plain(datetime(cell.year, cell.month, cell.day, tzinfo=UTC))
    if isinstance(cell, float | Decimal):
        return pytest.approx(float(cell), rel=1e-3)  # a forecast moves with the clock
    return json.loads(json.dumps(cell))


def test_every_query_is_answered(answered):
    """No panel, variable or rule is refused by the plugin, and each panel has rows to draw."""
    asked, found, _ = answered
    assert found.keys() == asked.keys()
    assert {name: one["error"] for name, one in found.items() if "error" in one} == {}
    empty = [
        name
        for name, one in found.items()
        if not name.startswith("alert ")
        and not any(
            frame["data"]["values"] and frame["data"]["values"][0] for frame in one["frames"]
        )
    ]
    assert empty == []


def test_the_plugin_sends_the_sql_that_we_expand(answered):
    """The SQL that the plugin executes is that of the page, the command and the tests."""
    asked, found, _ = answered
    differ = [
        name
        for name, one in asked.items()
        for frame in found[name]["frames"]
        # without a macro in it the plugin leaves a query's comments
        if blank_comments(frame["schema"]["meta"]["executedQueryString"])
        != expand(one.model["rawSql"], one.window)
    ]
    assert differ == []


def test_tables_hold_what_the_engine_answers(answered):
    """Names, rows and values of every table are those of the same SQL asked without the plugin."""
    *_, client = answered
    for name, one, frame in frames(answered, TABLE):
        if name.startswith(MOVING):
            continue
        result = client.query(expand(one.model["rawSql"], one.window))
        expected = {
            column: [plain(cell) for cell in cells]
            for column, cells in zip(result.column_names, result.result_columns, strict=True)
        }
        assert columns(frame) == expected, name


def test_charts_are_series_of_numbers_over_time(answered):
    """A chart's frame has one time and numbers; what a text column told apart are series with a label."""
    *_, client = answered
    for name, one, frame in frames(answered, TIME_SERIES):
        time, *series = frame["schema"]["fields"]
        assert time["type"] == "time", name
        assert {field["type"] for field in series} == {"number"}, name
        labels = [tuple(field.get("labels", {}).values()) for field in series]
        # Grafana would call a series "cost_usd growth", were it not told to go by the label
        names = {label for field in series for label in field.get("labels", {})}
        assert one.shown == "".join(f"${{__field.labels.{label}}}" for label in names), name
        if name.startswith(MOVING):  # the stack tells of itself once a minute
            continue
        result = client.query(expand(one.model["rawSql"], one.window))
        texts = [number for number, kind in enumerate(result.column_types) if "String" in kind.name]
        told_apart = {tuple(row[n] for n in texts) for row in result.result_rows}
        assert set(labels) == told_apart, name
        assert len(labels) == len(told_apart) * (len(series) // len(told_apart))


def test_an_alert_is_one_number_and_texts(answered):
    """Each rule's frame is what Grafana's alerting takes: one number, everything else text."""
    _, found, _ = answered
    told = {uid: found[f"alert {uid}"]["frames"] for uid in RULES}
    for uid, (frame,) in told.items():
        kinds = [field["type"] for field in frame["schema"]["fields"]]
        # the embedded engine's answer without rows has no columns either
        assert kinds == [] or sorted(kinds) == [*["number"], *["string"] * (len(kinds) - 1)], uid
    loops = columns(told["tokenboard-agent-loop"][0])
    assert (RUNAWAY, "same_call", 8) in zip(
        loops["session"], loops["rule"], loops["value"], strict=True
    )
    depth = columns(told["tokenboard-agent-depth"][0])
    assert (RUNAWAY, 7) in zip(depth["session"], depth["value"], strict=True)
    with_rows = {uid for uid, (frame,) in told.items() if frame["schema"]["fields"]}
    assert with_rows == RULES.keys() - {"tokenboard-idle-burn"}  # nothing idle is planted
