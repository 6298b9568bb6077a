"""The provisioned alerting files: fresh, of Grafana's shape, in time, each with its runbook."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml
from tokenboard.loops import DEFAULT_LIMITS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "dashboards" / "provisioning" / "alerting"
CONFIG = tomllib.loads((ROOT / "dashboards/alerts/alerts.toml").read_text("utf-8"))
RULES = yaml.safe_load((FOLDER / "rules.yaml").read_text("utf-8"))
POLICIES = yaml.safe_load((FOLDER / "policies.yaml").read_text("utf-8"))
CONTACTS = yaml.safe_load((FOLDER / "contact-points.yaml").read_text("utf-8"))
BOARDS = FOLDER.parent / "dashboards"
RUNBOOKS = json.loads((BOARDS / "runbooks" / "tokenboard-runbooks.json").read_text("utf-8"))
EACH = [(group, rule) for group in RULES["groups"] for rule in group["rules"]]
# About a step of a session, not about what hours of them add up to.
STEPS = [(group, rule) for group, rule in EACH if group["name"] == "sessions"]

LENGTH = {"type": "string", "pattern": r"^\d+(ms|s|m|h|d|w)$"}
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
# What Grafana's provisioner reads of a rule (pkg/services/provisioning/alerting/rules_types.go):
# a key that it does not know it passes over in silence, so none may stand here.
RULE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["uid", "title", "condition", "for", "data", "noDataState", "execErrState"],
    "properties": {
        "uid": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,40}$"},
        "title": {"type": "string", "minLength": 1, "maxLength": 190},
        "condition": {"type": "string"},
        "for": LENGTH,
        "keepFiringFor": LENGTH,
        "noDataState": {"enum": ["Alerting", "NoData", "OK", "KeepLast"]},
        "execErrState": {"enum": ["Alerting", "Error", "OK", "KeepLast"]},
        "labels": TEXTS,
        "annotations": TEXTS,
        "data": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["refId", "relativeTimeRange", "datasourceUid", "model"],
                "properties": {
                    "refId": {"type": "string"},
                    "relativeTimeRange": {
                        "type": "object",
                        "required": ["from", "to"],
                        "properties": {"from": {"type": "integer"}, "to": {"const": 0}},
                    },
                    "datasourceUid": {"enum": ["clickhouse", "__expr__"]},
                    "model": {"type": "object", "required": ["refId"]},
                },
            },
        },
    },
}
GROUP = {
    "type": "object",
    "additionalProperties": False,
    "required": ["orgId", "name", "folder", "interval", "rules"],
    "properties": {
        "orgId": {"const": 1},
        "name": {"type": "string"},
        "folder": {"type": "string"},
        "interval": LENGTH,
        "rules": {"type": "array", "items": RULE, "minItems": 1},
    },
}


def generator(folder, *arguments):
    return subprocess.run(
        [sys.executable, folder / "generate.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied(tmp_path):
    folder = tmp_path / "dashboards"
    shutil.copytree(ROOT / "dashboards", folder)
    return folder


def test_rules_have_the_shape_that_grafana_provisions():
    """Groups and rules hold the provisioner's keys and values, and no other."""
    jsonschema.validate(RULES["groups"], {"type": "array", "items": GROUP})
    assert RULES["apiVersion"] == POLICIES["apiVersion"] == CONTACTS["apiVersion"] == 1


def test_names_are_unique():
    """Grafana refuses two rules of one uid, or of one title in a folder."""
    for key in ("uid", "title"):
        names = [rule[key] for _, rule in EACH]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(("group", "rule"), EACH, ids=[rule["uid"] for _, rule in EACH])
def test_a_rule_asks_one_query_and_sets_one_threshold(group, rule):
    """A is a table from the provisioned data source, B a threshold on A; the rule waits for B."""
    source = yaml.safe_load((FOLDER.parent / "datasources/clickhouse.yaml").read_text())
    query, threshold = rule["data"]
    assert query["datasourceUid"] == source["datasources"][0]["uid"]
    assert (query["model"]["format"], query["model"]["editorType"]) == (1, "sql")
    assert (threshold["datasourceUid"], threshold["model"]["type"]) == ("__expr__", "threshold")
    assert threshold["model"]["expression"] == query["refId"] == query["model"]["refId"]
    assert rule["condition"] == threshold["refId"] == threshold["model"]["refId"]
    assert seconds(group["interval"]) >= 10
    assert seconds(group["interval"]) % 10 == 0  # Grafana's scheduler ticks every ten seconds


@pytest.mark.parametrize(("group", "rule"), EACH, ids=[rule["uid"] for _, rule in EACH])
def test_labels_survive_the_provisioners_expansion(group, rule):
    """In labels every $ is an environment variable to Grafana: only the one that is meant may stand there."""
    assert rule["labels"]["severity"] in {"warning", "critical"}
    text = json.dumps(rule["labels"])
    assert re.findall(r"\$\w+", text) == ["$ALERT_ENVIRONMENT"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    grafana = compose["services"]["grafana"]
    assert {"ALERT_ENVIRONMENT", "ALERT_WEBHOOK_URL"} <= set(grafana["environment"])
    assert any("provisioning/alerting:" in volume for volume in grafana["volumes"])


@pytest.mark.parametrize(("group", "rule"), EACH, ids=[rule["uid"] for _, rule in EACH])
def test_a_rule_has_its_runbook_and_a_session_its_link(group, rule):
    """Each rule leads to a runbook that is there; a rule about sessions also to the session's page."""
    leads = re.fullmatch(
        r"{{ externalURL }}d/tokenboard-runbooks\?viewPanel=(\d+)&var-rule=(\w+)",
        rule["annotations"]["runbook_url"],
    )
    text = (ROOT / "docs" / "runbooks" / f"{leads[2]}.md").read_text("utf-8")
    assert text.startswith(f"# {rule['title']}\n")
    assert len(text.splitlines()) >= 8
    (panel,) = [panel for panel in RUNBOOKS["panels"] if panel["id"] == int(leads[1])]
    assert panel["title"] == rule["title"]
    assert "**What to do**" in panel["options"]["content"]
    assert panel["options"]["content"] in text
    sql = rule["data"][0]["model"]["rawSql"]
    assert ("AS session," in sql) == ("session_url" in rule["annotations"])
    link = rule["annotations"].get("session_url", "tokenboard-session?var-session=")
    board = re.search(r"(tokenboard-\w+)\?var-(\w+)=", link)
    page = json.loads((FOLDER.parent / "dashboards" / f"{board[1]}.json").read_text("utf-8"))
    assert board[2] in {variable["name"] for variable in page["templating"]["list"]}


def test_one_runaway_is_one_notification():
    """Alerts that name a session are grouped by it alone, whichever rules fired."""
    (root,) = POLICIES["policies"]
    route = root["routes"][0]
    assert route["object_matchers"] == [["session", "=~", ".+"]]
    assert route["group_by"] == ["session"]
    (contact,) = CONTACTS["contactPoints"]
    assert root["receiver"] == route["receiver"] == contact["name"]
    assert contact["receivers"][0]["settings"]["url"] == "$ALERT_WEBHOOK_URL"


def seconds(length):
    return int(length[:-1]) * {"s": 1, "m": 60}[length[-1]]


@pytest.mark.parametrize(("group", "rule"), STEPS, ids=[rule["uid"] for _, rule in STEPS])
def test_a_runaway_session_is_told_of_within_two_minutes(group, rule):
    """Export, collector, recomputation, query, interval, for and group_wait add up to 120 s at most."""
    waits = POLICIES["policies"][0]["routes"][0]["group_wait"]
    provisioned = seconds(group["interval"]) + seconds(rule["for"]) + seconds(waits)
    assert sum(CONFIG["delay"].values()) + provisioned <= 120


def test_the_assumed_delays_are_those_of_the_parts():
    """The longest way of a step is not reckoned shorter than the parts' own settings allow."""
    collector = (ROOT / "collector/config.yaml").read_text("utf-8")
    flush = float(re.search(r"flush_timeout: (\d+)s", collector)[1])
    assert CONFIG["delay"]["collector"] >= flush
    # https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ (BSP)
    assert CONFIG["delay"]["sdk_export"] >= 5
    refresh = importlib.import_module("tokenboard.cli.refresh")
    assert CONFIG["delay"]["recompute"] >= 2 * refresh._EVERY_S


def test_loops_fire_where_the_guard_calls_them_critical():
    """The thresholds of the four kinds of loop are those of tokenboard.loops."""
    assert CONFIG["rules"]["agent_loop"]["with"] == {
        "same_call": str(DEFAULT_LIMITS.same_call.critical),
        "cycle": str(DEFAULT_LIMITS.cycle.stop),  # it begins there
        "window": str(DEFAULT_LIMITS.window.critical),
        "error_streak": str(DEFAULT_LIMITS.error_streak.critical),
    }


def test_a_changed_threshold_is_found_stale_and_written(copied):
    """Who edits alerts.toml is told to generate, and then finds the new threshold in the rules."""
    source = copied / "alerts" / "alerts.toml"
    source.write_text(source.read_text().replace("above = 200 ", "above = 321 "))
    done = generator(copied, "--check")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        1, "stale: provisioning/alerting/rules.yaml",
    )  # fmt: skip
    assert generator(copied).returncode == 0
    assert "- 321\n" in (copied / "provisioning/alerting/rules.yaml").read_text()


def test_runbooks_may_be_kept_elsewhere(copied):
    """With an address for the runbooks every rule's link is that of its file there."""
    source = copied / "alerts" / "alerts.toml"
    given = 'runbooks = "https://git.example/ours/runbooks/"'
    source.write_text(source.read_text().replace('runbooks = ""', given))
    assert generator(copied).returncode == 0
    rules = (copied / "provisioning/alerting/rules.yaml").read_text()
    found = re.findall("runbook_url: (.*)", rules)
    assert "https://git.example/ours/runbooks/agent_loop.md" in found
    assert len(found) == len(EACH)
    assert all(url.startswith("https://git.example/ours/runbooks/") for url in found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("above = 200 ", "above = 'many' ", "rules.calls_since_human: above is a number"),
        ('severity = "critical"', 'severity = "dire"', "severity is one of warning, critical"),
        ('query = "budget"', 'query = "bugdet"', "no file alerts/queries/bugdet.sql"),
        ('signal = "depth"', 'singal = "depth"', "session_signal.sql takes no singal"),
        ('[rules.budget_80]\ngroup = "spend"', '[rules.budget_80]\ngroup = "x"', "no group 'x'"),
        ("[delivery]", "[delivery", "alerts.toml: "),
        (
            'runbooks = ""',
            'runbooks = "docs"',
            "runbooks is no address like https://host/path: 'docs'",
        ),
        ("[rules.idle_burn]", "[rules.no_burn]", "no file docs/runbooks/no_burn.md"),
    ],
)
def test_a_mistake_in_the_thresholds_file_is_named(copied, old, new, said):
    """A malformed file is one line that names the rule and what is wrong, and writes nothing."""
    source = copied / "alerts" / "alerts.toml"
    text = source.read_text()
    assert old in text
    source.write_text(text.replace(old, new))
    before = (copied / "provisioning/alerting/rules.yaml").read_text()
    done = generator(copied)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (copied / "provisioning/alerting/rules.yaml").read_text() == before
