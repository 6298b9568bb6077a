"""Compose's three ClickHouse users, with the rights that its users file gives them, on the real engine.

The embedded engine knows one user, ``default``: for each of the three a process of its own gets a file in which
``default`` has that user's profile, quota and grants. What it cannot take are settings that may be changed though all
is read-only (``changeable_in_readonly``): these lines are left out.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from dashboards.company import COLUMNS, Company
from tokenboard import queries
from tokenboard.alerts import evaluate, rules

HERE = Path(__file__).resolve().parent
USERS = HERE.parents[1] / "compose" / "clickhouse-users.xml"
RAW_METRICS = (
    "otel_metrics_gauge",
    "otel_metrics_sum",
    "otel_metrics_summary",
    "otel_metrics_histogram",
    "otel_metrics_exponential_histogram",
)


class Server:
    """A data directory, used by one user after another."""

    def __init__(self, folder):
        self.data = folder / "data"
        self.data.mkdir()
        self.folder = folder

    def as_user(self, name, *jobs):
        """What each job gave; see as_user.py."""
        done = subprocess.run(
            [sys.executable, HERE / "as_user.py", self.data, self._users(name)],
            input=json.dumps(jobs),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def _users(self, name):
        tree = ET.parse(USERS)
        root = tree.getroot()
        for profile in root.iterfind("profiles/*"):
            for constraints in profile.findall("constraints"):
                profile.remove(constraints)
        for kind in ("profiles", "quotas"):
            ET.SubElement(root.find(kind), "default")
        users = root.find("users")
        users.remove(users.find("default"))
        for user in users:
            password = user.find("password")
            password.attrib.clear()
        own = copy.deepcopy(users.find(name))
        own.tag = "default"
        users.append(own)
        path = self.folder / f"{name}.xml"
        tree.write(path)
        return path


@pytest.fixture(scope="module")
def company():
    return Company(days=2)


@pytest.fixture(scope="module")
def server(tmp_path_factory, company):
    """Made by the owner, written to by the writer, its books kept by the owner: nobody else's rights are used."""
    made = Server(tmp_path_factory.mktemp("server"))
    (migrated,) = made.as_user("tokenboard_owner", {"store": "migrate"})
    assert "error" not in migrated
    # here the owner is called default, and so would the writer be who inserts as default
    (views,) = made.as_user(
        "tokenboard_owner",
        {"sql": "SELECT name, definer FROM system.tables WHERE engine = 'MaterializedView'"},
    )
    assert len(views["rows"]) > 10
    assert {definer for _, definer in views["rows"]} == {"default"}
    named = [
        {"sql": f"ALTER TABLE tokenboard.{view} MODIFY DEFINER = tokenboard_owner"}
        for view, _ in views["rows"]
    ]
    assert not [done for done in made.as_user("tokenboard_owner", *named) if "error" in done]
    made.written = made.as_user("tokenboard_writer", *written(company))
    made.kept = made.as_user(
        "tokenboard_owner", *({"store": job} for job in ("refresh", "prices", "refresh"))
    )
    return made


def written(company):
    """Rows as the collector's exporter inserts them: the company's spans, a log record, a point of each kind."""
    spans = [
        json.dumps(
            dict(zip(COLUMNS, row, strict=True)), default=lambda ts: f"{ts:%Y-%m-%d %H:%M:%S.%f}"
        )
        for row in company.rows
    ]
    into = "INSERT INTO tokenboard.{} FORMAT JSONEachRow {}"
    at = f"{company.now:%Y-%m-%d %H:%M:%S}"
    point = json.dumps(
        {"TimeUnix": at, "StartTimeUnix": at, "MetricName": "otelcol_receiver_accepted_spans"}
    )
    return [
        {"sql": into.format("otel_traces", "\n".join(spans))},
        {"sql": into.format("otel_logs", json.dumps({"Timestamp": at, "Body": "hello"}))},
        *({"sql": into.format(table, point)} for table in RAW_METRICS),
    ]


def test_the_writer_may_write_raw_telemetry_and_the_books_are_kept_from_it(server, company):
    """The collector's inserts reach the board through the views, whoever may not read or write facts."""
    assert [done for done in (*server.written, *server.kept) if "error" in done] == []
    (board,) = server.as_user(
        "tokenboard_reader", {"sql": "SELECT user_id, gross_tokens FROM tokenboard.leaderboard"}
    )
    shown = {user: int(gross) for user, gross in board["rows"]}
    assert shown == {user: person.gross for user, person in company.people.items()}


def test_the_writer_may_nothing_else(server):
    """Who has the collector's password can neither read nor change what is on the books."""
    refused(
        server,
        "tokenboard_writer",
        "SELECT count() FROM otel_traces",
        "SELECT count() FROM calls",
        "SELECT count() FROM people",
        "INSERT INTO people (person_id) VALUES ('x')",
        "INSERT INTO emissions SELECT * FROM emissions",
        "ALTER TABLE otel_traces DELETE WHERE 1",
        "TRUNCATE TABLE otel_traces",
        "DROP TABLE otel_traces",
        "CREATE TABLE mine (a UInt8) ENGINE = Memory",
    )


def test_the_reader_can_ask_all_that_is_asked(server, company):
    """Every query of dashboards, page and command, and every alert rule's, is within Grafana's rights."""
    chosen = {"user": "ada", "session": f"s-ada-{company.now:%d}"}
    asked = {name: queries.load(name).render(variables=chosen) for name in queries.names()}
    asked |= {rule.uid: evaluate.sql_of(rule, company.now) for rule in rules.load().rules}
    assert len(asked) > 80
    answers = server.as_user("tokenboard_reader", *({"sql": sql} for sql in asked.values()))
    failed = {
        name: answer["error"]
        for name, answer in zip(asked, answers, strict=True)
        if "error" in answer
    }
    assert failed == {}


def test_the_reader_may_nothing_else(server):
    """Who may see a dashboard may send any SQL: it reads no raw logs or metrics, no files, and changes nothing."""
    refused(
        server,
        "tokenboard_reader",
        "SELECT count() FROM otel_logs",
        *(f"SELECT count() FROM {table}" for table in RAW_METRICS),
        "SELECT count() FROM migrations",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:9/', 'LineAsString')",
        "SELECT name FROM system.users",
        "INSERT INTO people (person_id) VALUES ('x')",
        "ALTER TABLE call_rows DELETE WHERE 1",
        "TRUNCATE TABLE people",
        "DROP VIEW leaderboard",
        "CREATE TABLE mine (a UInt8) ENGINE = Memory",
    )


def test_the_reader_is_kept_within_bounds(server):
    """No query of a dashboard's reader can be made unbounded: neither its answer nor its settings."""
    answers = server.as_user(
        "tokenboard_reader",
        {"sql": "SELECT number FROM numbers(200000)"},
        {"sql": "SELECT number FROM numbers(1000000)"},
        {"sql": "SELECT 1 SETTINGS max_memory_usage = 0"},
        {"sql": "SET max_result_rows = 0"},
        {"sql": "SET readonly = 0"},
        {"sql": "SELECT arraySum(groupArray(rand64())) FROM numbers(400000000)"},
    )
    assert len(answers[0]["rows"]) == 200_000
    assert [answer.get("error", "").rpartition("(")[2] for answer in answers[1:]] == [
        "TOO_MANY_ROWS_OR_BYTES)",
        "READONLY)",
        "READONLY)",
        "READONLY)",
        "MEMORY_LIMIT_EXCEEDED)",
    ]


def refused(server, user, *statements):
    """Assert that none of the statements is within the user's rights."""
    answers = server.as_user(user, *({"sql": sql} for sql in statements))
    allowed = {
        sql: answer
        for sql, answer in zip(statements, answers, strict=True)
        if not answer.get("error", "").endswith(("(ACCESS_DENIED)", "(READONLY)"))
    }
    assert allowed == {}
