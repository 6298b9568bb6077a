"""``tokenboard alerts`` as people and scripts run it: a real stack, a real webhook."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
import urllib.request
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from alerts.planted import Call, rows
from commandline import COMMAND, environment, tokenboard
from store import spans
from tokenboard import store
from tokenboard.local.stack import Stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A running stack with a session that makes the same call seven times, and one that is well."""
    with Stack(tmp_path_factory.mktemp("stack"), 0, 0, 0) as running:
        client = running.engine.client()
        ends = datetime.now(UTC) - timedelta(seconds=20)
        wild = [Call((("grep", "x", "ok"),), agent="planner")] * 7
        sent = rows("stuck & lost", wild, ends=ends) + rows("well", wild[:2], ends=ends)
        spans.insert(client, "tokenboard", sent)
        store.refresh(client)
        yield running, client
        client.close()


@pytest.fixture
def webhook():
    """A receiver of notifications: ``received`` holds their JSON, ``answers`` what it answers first."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            status = server.answers.pop(0) if server.answers else 200
            server.received.put((self.headers["content-type"], json.loads(body), status))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.received, server.answers = queue.Queue(), []
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def alerts(stack, tmp_path, *arguments):
    return tokenboard(
        "alerts", "--url", stack[0].addresses["clickhouse"], *arguments, home=tmp_path
    )


def test_what_fires_is_listed_and_the_status_says_so(stack, tmp_path):
    """With --json each alert has its labels, figure, summary and runbook; the exit status is 3."""
    done = alerts(stack, tmp_path, "--json")
    assert done.returncode == 3, done.stderr
    found = [row for row in json.loads(done.stdout) if row["state"] == "firing"]
    (row,) = [one for one in found if one["labels"].get("rule") == "same_call"]
    assert row["labels"] == {
        "session": "stuck & lost", "agent": "planner", "user": "alice", "rule": "same_call",
    }  # fmt: skip
    assert row["rule"] == "tokenboard-agent-loop"
    assert row["value"] == 7
    assert row["severity"] == "critical"
    assert row["summary"] == "Agent planner of alice goes round in circles (same_call: 7)"
    assert row["session_url"].endswith("/d/tokenboard-session?var-session=stuck+%26+lost")
    page, _, link = row["runbook"].partition("/d/")
    assert page == "http://localhost:3000"
    with urllib.request.urlopen(f"{stack[0].addresses['web']}/d/{link}") as answered:
        assert "<h1>Agent goes round in circles</h1>" in answered.read().decode()
    assert not [r for r in found if r["labels"].get("session") == "well"]


def test_one_runaway_is_one_post(stack, webhook, tmp_path):
    """Two rules fire for one session: one notification, in Grafana's shape, with the session's link.

    Meanwhile a table tells people of the same.
    """
    done = alerts(stack, tmp_path, "--webhook", webhook.url, "--links", "https://grafana.example")
    assert done.returncode == 3, done.stderr
    told = [webhook.received.get(timeout=30) for _ in range(webhook.received.qsize())]
    (notification,) = [n for _, n, _ in told if n["groupLabels"] == {"session": "stuck & lost"}]
    assert sorted(alert["labels"]["rule"] for alert in notification["alerts"]) == [
        "same_call", "window",
    ]  # fmt: skip
    assert notification["status"] == "firing"
    assert (
        notification["alerts"][0]["annotations"]["session_url"]
        == "https://grafana.example/d/tokenboard-session?var-session=stuck+%26+lost"
    )
    assert {kind for kind, _, _ in told} == {"application/json"}
    assert "stuck & lost" in done.stdout
    assert "well" not in done.stdout


RULE = """\
apiVersion: 1
groups:
  - orgId: 1
    name: test
    folder: tokenboard
    interval: 1s
    rules:
      - uid: toggled
        title: Toggled
        condition: B
        for: {pending}
        noDataState: OK
        execErrState: Error
        labels: {{severity: critical}}
        annotations: {{summary: "it is {{{{ $values.A.Value }}}}"}}
        data:
          - refId: A
            relativeTimeRange: {{from: 60, to: 0}}
            datasourceUid: clickhouse
            model: {{refId: A, rawSql: "{sql}"}}
          - refId: B
            relativeTimeRange: {{from: 60, to: 0}}
            datasourceUid: __expr__
            model:
              {{refId: B, type: threshold, expression: A,
                conditions: [{{evaluator: {{type: gt, params: [1]}}}}]}}
"""
FIRES = "SELECT 'x' AS what, toFloat64(2) AS value"
POLICY = """\
apiVersion: 1
policies:
  - {orgId: 1, receiver: r, group_by: [alertname], group_wait: 0s, group_interval: 1s,
     repeat_interval: 4h}
"""


@pytest.fixture
def folder(tmp_path):
    """Function: SQL and `for` -> a folder with that one rule."""

    def made(sql, pending="0s"):
        where = tmp_path / "rules"
        where.mkdir()
        (where / "rules.yaml").write_text(RULE.format(sql=sql, pending=pending))
        (where / "policies.yaml").write_text(POLICY)
        return where

    return made


def test_a_webhook_that_fails_at_first_is_tried_again(stack, webhook, folder, tmp_path):
    """After a 503 the same notification comes again and arrives; it is said that it was late."""
    webhook.answers[:] = [503]
    done = alerts(stack, tmp_path, "--webhook", webhook.url, "--rules", folder(FIRES))
    assert done.returncode == 3
    first, second = webhook.received.get(timeout=30), webhook.received.get(timeout=30)
    assert (first[2], second[2]) == (503, 200)
    assert first[1] == second[1]
    assert "503" in done.stderr


def test_a_webhook_that_nobody_answers_is_a_failure(stack, folder, tmp_path):
    """A notification that cannot be delivered is said and is exit status 1."""
    done = alerts(stack, tmp_path, "--webhook", "http://127.0.0.1:9/hook", "--rules", folder(FIRES))
    assert done.returncode == 1
    assert "webhook did not take a notification" in done.stderr
    assert "Traceback" not in done.stderr


def test_watching_tells_when_it_fires_and_when_it_has_resolved(stack, webhook, folder, tmp_path):
    """With --watch an alert goes from pending to firing to resolved; each change of note is posted once."""
    _, client = stack
    sql = (
        "SELECT 'x' AS what, toFloat64(max(toUInt64OrZero(value))) AS value "
        "FROM settings FINAL WHERE name = 'toggled'"
    )

    def toggle(value):
        client.insert("settings", [["toggled", str(value)]], column_names=["name", "value"])

    toggle(2)
    process = subprocess.Popen(
        [
            COMMAND, "alerts", "--watch", "--json", "--webhook", webhook.url,
            "--rules", folder(sql, "1s"), "--url", stack[0].addresses["clickhouse"],
        ],
        stdout=subprocess.PIPE, text=True, env=environment(tmp_path),
    )  # fmt: skip
    try:
        _, firing, _ = webhook.received.get(timeout=60)
        toggle(0)
        _, resolved, _ = webhook.received.get(timeout=60)
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert (firing["status"], resolved["status"]) == ("firing", "resolved")
    assert firing["alerts"][0]["annotations"]["summary"] == "it is 2"
    assert firing["alerts"][0]["startsAt"] == resolved["alerts"][0]["startsAt"]
    assert resolved["alerts"][0]["endsAt"] > resolved["alerts"][0]["startsAt"]
    assert webhook.received.empty()
    assert [json.loads(line)["state"] for line in said.splitlines()] == [
        "pending", "firing", "resolved",
    ]  # fmt: skip


def test_watching_again_tells_only_of_what_changed(stack, webhook, folder, tmp_path):
    """A watcher that is stopped and started tells no alert twice, and of one that ended meanwhile."""
    _, client = stack
    sql = (
        "SELECT 'x' AS what, toFloat64(max(toUInt64OrZero(value))) AS value "
        "FROM settings FINAL WHERE name = 'again'"
    )
    where = folder(sql)

    def watched(value):
        client.insert("settings", [["again", str(value)]], column_names=["name", "value"])
        return subprocess.Popen(
            [
                COMMAND, "alerts", "--watch", "--json", "--webhook", webhook.url, "--rules", where,
                "--url", stack[0].addresses["clickhouse"], "--state", tmp_path / "state.json",
            ],
            stdout=subprocess.PIPE, text=True, env=environment(tmp_path),
        )  # fmt: skip

    def stop(process):
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0

    statuses = []
    first = watched(2)
    statuses.append(webhook.received.get(timeout=60)[1]["status"])
    stop(first)
    second = watched(2)
    assert json.loads(second.stdout.readline())["state"] == "firing"
    stop(second)
    third = watched(0)
    statuses.append(webhook.received.get(timeout=60)[1]["status"])
    stop(third)
    assert statuses == ["firing", "resolved"]
    assert webhook.received.empty()


def test_a_state_that_is_another_file_is_refused(stack, folder, tmp_path):
    """--state naming a file of something else is one line, and the file stays."""
    where = folder(FIRES)
    kept = (where / "rules.yaml").read_text()
    done = alerts(
        stack, tmp_path, "--watch", "--webhook", "http://127.0.0.1:9/", "--rules", where,
        "--state", where / "rules.yaml",
    )  # fmt: skip
    assert done.returncode == 1
    assert (
        "rules.yaml is no record of alerts: remove it, or name another with --state" in done.stderr
    )
    assert len(done.stderr.strip().splitlines()) == 1
    assert (where / "rules.yaml").read_text() == kept


def test_a_rule_that_grafana_would_refuse_is_an_error(stack, folder, tmp_path):
    """Two numbers in one answer are no alert: said in one line, exit status 1."""
    done = alerts(stack, tmp_path, "--rules", str(folder("SELECT 1 AS a, 2 AS b")))
    assert done.returncode == 1
    assert "one column has to be a number" in done.stderr


def test_nothing_fires(stack, folder, tmp_path):
    """With everything in order the exit status is 0 and --json an empty list."""
    done = alerts(stack, tmp_path, "--json", "--rules", str(folder("SELECT toFloat64(0) AS value")))
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--webhook", "hook"], "--webhook 'hook' is no address"),
        (["--links", "ftp://x"], "--links 'ftp://x' is no address"),
        (["--rules", "nowhere"], "nowhere is no folder with alert rules in it"),
        (["--url", "http://127.0.0.1:9"], "no ClickHouse answers at http://127.0.0.1:9"),
    ],
)
def test_mistakes_are_one_line(arguments, said, tmp_path):
    """Bad input is exit status 1 and a line that names it."""
    done = tokenboard("alerts", *arguments, home=tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_watching_outlasts_books_that_do_not_answer(tmp_path):
    """With nobody there --watch says so once and goes on trying until it is stopped."""
    with subprocess.Popen(
        [COMMAND, "alerts", "--watch", "--url", "http://127.0.0.1:9"],
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    ) as process:
        said = [process.stderr.readline(), process.stderr.readline()]
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
    assert process.returncode == 0
    assert "no ClickHouse answers at http://127.0.0.1:9" in said[1]
    assert said[1].endswith("trying again\n")
    assert rest == ""
