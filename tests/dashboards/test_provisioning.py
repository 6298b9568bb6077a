"""What Grafana is given: generated files are fresh, complete and safe."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tokenboard import queries

ROOT = Path(__file__).resolve().parents[2]
PROVISIONING = ROOT / "dashboards" / "provisioning"
SCHEMA = Path(__file__).resolve().parent / "schema"
FILES = sorted((PROVISIONING / "dashboards").glob("*.json"))
DASHBOARDS = [json.loads(path.read_text("utf-8")) for path in FILES]
PANELS = [
    pytest.param(board, panel, id=f"{board['uid']}-{panel['id']}-{panel['title']}")
    for board in DASHBOARDS
    for panel in board["panels"]
    if panel["type"] not in {"row", "text"}
]
# Formats that escape whatever a value holds, in ClickHouse as well; see tokenboard.queries.variables.
SAFE_FORMATS = {"customqueryparam:v"}


def run_generator(folder, *arguments):
    return subprocess.run(
        [sys.executable, folder / "generate.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_committed_files_are_fresh():
    """The generator would write just what is committed."""
    done = run_generator(ROOT / "dashboards", "--check")
    assert done.returncode == 0, done.stderr


def test_a_stale_missing_or_left_over_file_is_named(tmp_path):
    """--check tells which file differs, is missing or belongs to nobody, and changes nothing."""
    folder = tmp_path / "dashboards"
    shutil.copytree(ROOT / "dashboards", folder)
    made = folder / "provisioning" / "dashboards"
    (made / "tokenboard-leaderboard.json").write_text("{}")
    (made / "old.json").write_text("{}")
    (folder / "provisioning" / "datasources" / "clickhouse.yaml").unlink()
    done = run_generator(folder, "--check")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "missing: provisioning/datasources/clickhouse.yaml",
        "stale: provisioning/dashboards/tokenboard-leaderboard.json",
        "left over: provisioning/dashboards/old.json",
        "run: python dashboards/generate.py",
    ]
    assert (made / "tokenboard-leaderboard.json").read_text() == "{}"
    assert run_generator(folder).returncode == 0
    assert run_generator(folder, "--check").returncode == 0


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board["uid"])
def test_a_dashboard_is_one_that_the_file_provisioner_takes(board):
    """Classic schema, a fixed uid as its file's name, no id, nothing to be asked at import."""
    assert (board["schemaVersion"], board["id"]) == (42, None)
    assert (PROVISIONING / "dashboards" / f"{board['uid']}.json").is_file()
    assert "__inputs" not in board
    assert len(board["uid"]) <= 40
    assert board["description"]
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board["uid"])
def test_panels_stand_on_the_grid_without_overlap(board):
    """No panel leaves the 24 columns or covers another."""
    taken = {}
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_explains_itself(board, panel):
    """Every panel has a title, a description of its exact meaning and a text for no data."""
    assert panel["title"]
    assert len(panel["description"]) > 40
    assert panel["fieldConfig"]["defaults"]["noValue"]


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_a_panel_asks_the_provisioned_data_source(board, panel):
    """Every target is SQL for the data source that is provisioned beside it."""
    source = yaml.safe_load((PROVISIONING / "datasources" / "clickhouse.yaml").read_text())
    wanted = {"type": source["datasources"][0]["type"], "uid": source["datasources"][0]["uid"]}
    sources = {other["id"]: other for other in board["panels"]}
    for target in panel["targets"]:
        assert target["datasource"] == panel["datasource"]
        if panel["datasource"]["uid"] == "-- Dashboard --":
            assert sources[target["panelId"]]["datasource"] == wanted
            continue
        assert panel["datasource"] == wanted
        assert target["editorType"] == "sql"
        assert target["format"] == {"timeseries": 0, "table": 1, "traces": 3}[target["queryType"]]


@pytest.mark.parametrize(("board", "panel"), PANELS)
def test_variables_are_used_safely(board, panel):
    """No panel puts a value into SQL by a format that a hostile or Windows name could leave."""
    from tokenboard.queries.variables import references, switches

    known = {variable["name"]: variable for variable in board["templating"]["list"]}
    for target in panel["targets"]:
        turned = switches(target.get("rawSql", ""))
        for name in turned:
            # Nobody chooses it, by no address either, and at first nothing is left out.
            assert known[name]["skipUrlSync"]
            assert known[name]["hide"] == 2
            assert known[name]["current"]["value"] == "--"
        for name, formats in references(target.get("rawSql", "")).items():
            assert name in known
            assert formats <= ({"raw"} if name in turned else SAFE_FORMATS)


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board["uid"])
def test_all_means_the_same_to_grafana_and_to_the_command_line(board):
    """A variable's custom All text is the one in the header of every query that uses it."""
    for variable in board["templating"]["list"]:
        if not variable["includeAll"]:
            assert "allValue" not in variable
            continue
        assert variable["current"]["value"] == [queries.ALL]
        for name in queries.names():
            query = queries.load(name)
            if variable["name"] in query.all_values:
                assert query.all_values[variable["name"]] == variable["allValue"]


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board["uid"])
def test_links_stay_here_and_keep_the_time_range(board):
    """Every link leads to a provisioned dashboard and carries the time range along."""
    uids = {other["uid"] for other in DASHBOARDS}
    text = json.dumps(board)
    links = re.findall(r'"url": "(/d/[^"]*)"', text)
    for link in links:
        assert re.match(r"/d/([\w-]+)", link)[1] in uids
        # A session is looked at in its own time.
        assert "${__url_time_range}" in link or ("&from=" in link and "&to=" in link)
    for link in board["links"]:
        assert link["keepTime"] == (board["uid"] != "tokenboard-session")


@pytest.mark.parametrize("board", DASHBOARDS, ids=lambda board: board["uid"])
def test_gross_never_stands_alone(board):
    """Wherever gross tokens are shown, net tokens and waste are on the same dashboard."""
    text = json.dumps(board)
    if "gross" in text.lower():
        assert "net_tokens" in text
        assert "waste" in text


def test_a_tier_has_one_colour_everywhere():
    """Every value mapping gives a tier or title the same colour on every panel."""
    colours = {}
    for board in DASHBOARDS:
        for panel in board["panels"]:
            for override in panel["fieldConfig"]["overrides"]:
                for setting in override["properties"]:
                    if setting["id"] != "mappings":
                        continue
                    for mapping in setting["value"]:
                        if mapping["type"] == "value":
                            for label, result in mapping["options"].items():
                                colours.setdefault(label, set()).add(result["color"])
    assert {"bronze", "silver", "gold", "platinum", "emerald", "jade"} <= colours.keys()
    assert {label: shades for label, shades in colours.items() if len(shades) > 1} == {}


def test_the_data_source_file_holds_no_password_and_reads_only():
    """The password comes from a secret file, the user is the reading one, nobody edits it."""
    document = yaml.safe_load((PROVISIONING / "datasources" / "clickhouse.yaml").read_text())
    assert document["apiVersion"] == 1
    (source,) = document["datasources"]
    assert source["secureJsonData"] == {
        "password": "$__file{/run/secrets/clickhouse_reader_password}"
    }
    assert source["jsonData"]["username"] == "$CLICKHOUSE_READER_USER"
    assert source["jsonData"]["defaultDatabase"] == "tokenboard"
    assert source["editable"] is False
    # the plugin reads its timeouts as text
    assert isinstance(source["jsonData"]["queryTimeout"], str)


def test_the_provider_file_finds_the_dashboards():
    """Grafana looks for dashboards where the compose file mounts them, and people cannot change them."""
    document = yaml.safe_load((PROVISIONING / "dashboards" / "provider.yaml").read_text())
    (provider,) = document["providers"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    mounted = [
        v.split(":")[1] for v in compose["services"]["grafana"]["volumes"] if "dashboards" in v
    ]
    assert provider["options"]["path"] in mounted
    assert (provider["type"], provider["allowUiUpdates"], provider["disableDeletion"]) == (
        "file",
        False,
        True,
    )


@pytest.fixture(scope="module")
def grafana_types():
    """Function: dashboard files -> what Grafana's own type definitions say against them."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: dashboards are not checked against @grafana/schema")
    if not (SCHEMA / "node_modules" / ".package-lock.json").is_file():
        made = subprocess.run(
            ["npm", "ci", "--ignore-scripts"],
            cwd=SCHEMA,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            reason = f"npm ci failed, dashboards are not checked: {made.stderr[-300:]}"
            pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)

    def check(*paths):
        done = subprocess.run(
            ["node", "validate.mjs", *paths],
            cwd=SCHEMA,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.stderr, done.stderr
        return done.stdout.splitlines()

    return check


def test_dashboards_hold_to_grafanas_own_types(grafana_types):
    """The Dashboard type and every panel plugin's option types of @grafana/schema are satisfied."""
    assert grafana_types(*FILES) == []


def test_what_grafana_would_ignore_or_refuse_is_found(grafana_types, tmp_path):
    """The check above notices each mistake that was made on such dashboards before."""

    def mistake(number, change):
        board = json.loads(json.dumps(DASHBOARDS[0]))
        board["title"] = f"mistake {number}"
        change(board, next(p for p in board["panels"] if p["type"] == "table"))
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(board))
        return path

    def cell(board, panel):
        panel["fieldConfig"]["defaults"]["custom"]["cellOptions"] = {"type": "badge"}

    def misspelt(board, panel):
        panel["fieldConfg"] = panel.pop("fieldConfig")

    def text_position(board, panel):
        panel["gridPos"]["h"] = "8"

    def old_footer(board, panel):
        panel["options"]["footer"] = {"show": True}

    def old_panel(board, panel):
        panel["type"] = "singlestat"

    def override(board, panel):
        panel["fieldConfig"]["overrides"][0]["properties"] = [
            {"id": "custom.colour", "value": "red"}
        ]

    mistakes = [cell, misspelt, text_position, old_footer, old_panel, override]
    faults = grafana_types(*[mistake(n, change) for n, change in enumerate(mistakes)])
    for number, change in enumerate(mistakes):
        assert any(line.startswith(f"mistake {number}") for line in faults), change.__name__
