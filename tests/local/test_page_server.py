"""The page's server: dashboards, their panels' data, and nothing that a browser could make of it."""

from __future__ import annotations

import json
import re
import time

import pytest
from tokenboard.queries import panels

NOW = int(time.time() * 1000)
MONTH = {"from": NOW - 30 * 86_400_000, "to": NOW}


def ask_panel(ask, **request):
    return ask.http.post(f"{ask.addresses['web']}/api/query", json=request)


def test_the_page_and_its_files(ask):
    """The page, under / and under each dashboard's address, and the files that it names are served."""
    web = ask.addresses["web"]
    page = ask.http.get(web + "/")
    assert page.headers["content-type"].startswith("text/html")
    assert ask.http.get(f"{web}/d/tokenboard-leaderboard?from=now-30d").text == page.text
    named = re.findall(r'"(/page/[^"]+)"', page.text)
    assert {path.rpartition("/")[2] for path in named} >= {"page.css", "app.js", "charts.js"}
    for path in named:
        file = ask.http.get(web + path)
        assert file.status_code == 200
        # Its address changes when it does: nobody asks for it twice.
        assert "immutable" in file.headers["cache-control"]
    assert ask.http.get(f"{web}/vendor/plotly.min.js").status_code == 200


def test_the_page_comes_with_what_it_draws_first(ask):
    """The list of dashboards and the one to draw are in the page: no round trip before the first query."""
    web = ask.addresses["web"]
    page = ask.http.get(f"{web}/d/tokenboard-cost").text
    given = json.loads(re.search(r'id="given">(.*?)</script>', page, re.DOTALL)[1])
    assert given["boards"] == ask.http.get(f"{web}/api/dashboards").json()
    assert given["dashboard"] == ask.http.get(f"{web}/api/dashboards/tokenboard-cost").json()


def test_runbooks_are_pages(ask):
    """Where an alert's link leads there is a page with the runbook's words, in both ways of writing it."""
    web = ask.addresses["web"]
    for path in ("/runbooks/agent_loop", "/d/tokenboard-runbooks?viewPanel=2&var-rule=agent_loop"):
        page = ask.http.get(web + path)
        assert page.headers["content-type"].startswith("text/html")
        assert "<h1>Agent goes round in circles</h1>" in page.text
        assert "<strong>What to do</strong>" in page.text
    assert ask.http.get(f"{web}/runbooks/..%2F..%2FREADME").status_code == 404
    assert ask.http.get(f"{web}/runbooks/nothing").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/vendor/..%2f..%2fplotly",
        "/vendor/package.json",
        "/page/../../engine.py",
        "/page/%2e%2e/engine.py",
        "/nothing",
        "/api/nothing",
    ],
)
def test_other_files_are_not_served(ask, path):
    """Only the page's own files are there."""
    answer = ask.http.get(ask.addresses["web"] + path)
    assert answer.status_code == 404


def test_security_headers(ask):
    """The browser is told to load nothing from elsewhere and to show the page in no frame."""
    headers = ask.http.get(ask.addresses["web"] + "/").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_dashboards_are_those_provisioned(ask):
    """The list and each dashboard are the provisioned files."""
    web = ask.addresses["web"]
    listed = ask.http.get(f"{web}/api/dashboards").json()
    assert [board["uid"] for board in listed] == list(panels.dashboards())
    for board in listed:
        got = ask.http.get(f"{web}/api/dashboards/{board['uid']}").json()
        assert got == panels.dashboards()[board["uid"]]
    assert ask.http.get(f"{web}/api/dashboards/nobody").status_code == 404


def test_every_panel_answers(ask):
    """Each panel's own query runs and comes back as columns with types and rows."""
    asked = 0
    for uid, board in panels.dashboards().items():
        for panel in panels.panels(board):
            for target in panel.get("targets", []):
                answer = ask_panel(
                    ask, dashboard=uid, panel=panel["id"], ref=target["refId"], **MONTH
                )
                assert answer.status_code == 200, (uid, panel["title"], answer.text)
                body = answer.json()
                assert all(set(column) == {"name", "type"} for column in body["columns"])
                assert isinstance(body["rows"], list)
                asked += 1
    assert asked


BOARD = {"dashboard": "tokenboard-leaderboard", "ref": "A"}


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"dashboard": "nobody", "panel": 1, **MONTH}, 404),
        ({**BOARD, "panel": 999_999, **MONTH}, 400),
        ({**BOARD, "panel": "1; DROP TABLE calls", **MONTH}, 400),
        ({**BOARD, "panel": {"sql": "SELECT 1"}, **MONTH}, 400),
        ({**BOARD, "panel": 1, "from": 5, "to": 1}, 400),
        ({**BOARD, "panel": 1, "from": "now", "to": NOW}, 400),
        ({**BOARD, "panel": 1}, 400),
        ({**BOARD, "panel": 1, "variables": [1], **MONTH}, 400),
        ({**BOARD, "panel": 1, "variables": {"team": {"x": 1}}, **MONTH}, 400),
        ([1], 400),
    ],
)
def test_bad_requests_say_what_is_wrong(ask, request_, status):
    """A request that names no panel, or makes no sense, gets its reason as JSON; the browser sends no SQL."""
    answer = ask.http.post(f"{ask.addresses['web']}/api/query", json=request_)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_what_is_left_out_is_not_for_the_browser_to_say(ask):
    """Switches inside a query are the server's: what a request says of them goes nowhere."""
    board = panels.dashboards()["tokenboard-leaderboard"]
    turned = [
        (panel["id"], target["refId"])
        for panel in panels.panels(board)
        for target in panel.get("targets", [])
        if "rawSql" in target and panels.switches_of(board, panel["id"], target["refId"])
    ]
    assert len(turned) >= 4
    for panel, ref in turned:
        plain = ask_panel(ask, **{**BOARD, "panel": panel, "ref": ref, **MONTH})
        for said in ("/*", "*/ SELECT 1 --", ["--"]):
            told = {**BOARD, "panel": panel, "ref": ref, **MONTH, "variables": {"unready": said}}
            answer = ask_panel(ask, **told)
            assert answer.status_code == plain.status_code == 200
            assert answer.json() == plain.json()


def test_requests_that_are_no_json(ask):
    """Other content types (a form of another page could send one), broken and huge bodies are refused."""
    url = f"{ask.addresses['web']}/api/query"
    assert (
        ask.http.post(url, content="{}", headers={"content-type": "text/plain"}).status_code == 415
    )
    assert (
        ask.http.post(url, content="{", headers={"content-type": "application/json"}).status_code
        == 400
    )
    huge = b'{"dashboard": "' + b"x" * 100_000 + b'"}'
    assert (
        ask.http.post(url, content=huge, headers={"content-type": "application/json"}).status_code
        == 413
    )
    assert ask.http.get(url).status_code == 405


@pytest.mark.parametrize(
    "value", ["x' OR 1=1 --", "') UNION ALL SELECT file('/etc/passwd') --", "\\'", "${team}"]
)
def test_values_of_variables_stay_values(ask, value):
    """Whatever is chosen for a filter is compared, never run."""
    board = panels.dashboards()["tokenboard-leaderboard"]
    chosen = {variable["name"]: [value] for variable in board["templating"]["list"]}
    panel = next(one for one in panels.panels(board) if one.get("targets"))
    answer = ask_panel(ask, dashboard=board["uid"], panel=panel["id"], variables=chosen, **MONTH)
    assert answer.status_code in (200, 400)
    assert "root:" not in answer.text


def test_status_shows_addresses_and_counts(ask):
    """The state of the stack can be read: where it listens, what went through, how the books do."""
    state = ask.http.get(f"{ask.addresses['web']}/api/status").json()
    assert state["addresses"] == ask.addresses
    assert not state["ingest"]["failed"]
    assert "errors" in state["books"]
