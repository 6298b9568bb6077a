"""A cluster: what is made of the same files, where its rows lie, and who has to wait for whom.

No second server can run here. What the engine takes and answers is run; what servers say to each other is not.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from store.spans import call
from tokenboard import store
from tokenboard.store import erasure, migrations, sql

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
METRICS = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
RAW = {"otel_traces", "otel_logs", *(f"otel_metrics_{kind}" for kind in METRICS)}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What ``make_replicated.py`` found."""
    script = Path(__file__).with_name("make_replicated.py")
    done = subprocess.run(
        [sys.executable, script, tmp_path_factory.mktemp("cluster")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_one_switch_makes_a_cluster_of_the_same_files():
    """Every statement goes to the whole cluster, and no brace is left behind."""
    layout = sql.Layout(cluster="main")
    for path in migrations.files():
        statement = sql.render(sql.text(path.name), layout)
        if "CREATE" in statement:
            assert "ON CLUSTER `main`" in statement, path.name
        assert not re.search(r"\{(db|on_cluster|engine|rows|distributed)\b", statement), path.name


def test_every_table_replicates(made):
    """The engine takes every table and view of a cluster; no table is left that does not replicate."""
    engines = {name: engine for name, engine, _ in made["tables"]}
    assert engines["otel_traces"] == "ReplicatedMergeTree"
    assert engines["people"] == "ReplicatedReplacingMergeTree"
    assert engines["leaderboard"] == "View"
    assert {engine for engine in engines.values() if engine.endswith("MergeTree")} == {
        engine for engine in engines.values() if engine.startswith("Replicated")
    }


def test_raw_rows_stay_on_their_shard_and_the_books_are_everywhere(made):
    """Tables of raw telemetry are told apart by shard; all others are the same wherever one asks."""
    kept = {name: full for name, engine, full in made["tables"] if engine.startswith("Replicated")}
    assert {name for name, full in kept.items() if "/tables/{shard}/" in full} == RAW
    for name, full in kept.items():
        if name not in RAW:
            assert "/tables/all/" in full, name
            assert "'{shard}-{replica}'" in full, name  # or servers would take each other's place


def test_spans_are_read_from_every_shard(made):
    """Whatever shard a span lies on, a session's trace and an export of somebody's data have it."""
    for read in made["read"]:
        assert [(trace, int(n)) for trace, n in read] == [("a", 2), ("b", 2)]


class Servers:
    """A client of a cluster of one: notes what is for all servers, and does it here."""

    def __init__(self, client):
        self.client = client
        self.told = []
        self.away = False

    def __getattr__(self, name):
        return getattr(self.client, name)

    def _here(self, text):
        self.told.append(text)
        text = text.replace("ON CLUSTER `main`", "")
        text = re.sub(r"Replicated(\w*MergeTree)\('[^']*', '[^']*'(?:, )?", r"\1(", text)
        return re.sub(r"cluster\('main', ([^)]*)\)", r"\1", text)

    def command(self, text, **more):
        here = self._here(text)
        if "SYNC REPLICA" not in text:
            return self.client.command(here, **more)
        if self.away:
            raise TimeoutError(text)
        return None

    def query(self, text, **more):
        return self.client.query(self._here(text), **more)


@pytest.fixture
def servers(books):
    books.empty()
    books.client.insert(
        "settings", [["layout.cluster", "main"]], ["name", "value"], database=books.database
    )
    yield Servers(books.client)
    books.run("DELETE FROM {db}.settings WHERE name = 'layout.cluster'")


def test_a_refresh_waits_for_rows_whose_marks_have_come(books, servers):
    """Between reading what is out of date and reading the rows it lets the replica catch up."""
    books.send(call(ts=NOON, input_tokens=100, output_tokens=0))
    store.refresh(servers, books.database)
    order = [
        what
        for text in servers.told
        for what in ("calls_dirty", "SYNC REPLICA", "emissions FINAL")
        if what in text and not text.startswith("INSERT INTO `tokenboard`.generations")
    ]
    first = {what: order.index(what) for what in order}
    assert first["calls_dirty"] < first["SYNC REPLICA"] < first["emissions FINAL"]
    synced = {text.split(".")[-1] for text in servers.told if "SYNC REPLICA" in text}
    assert synced == {"emissions", "misdated"}
    assert books.value("SELECT sum(input_tokens) FROM {db}.calls") == 100


def test_a_person_is_erased_on_every_shard(books, servers):
    """Raw rows go wherever they lie, by marks that every server has by then."""
    books.send(call(ts=NOON, user="ada"), call(ts=NOON, user="bob"))
    store.refresh(servers, books.database)
    servers.told.clear()
    erasure.erase(servers, "ada", books.database)
    assert books.value(
        "SELECT groupUniqArray(SpanAttributes['user.id']) FROM {db}.otel_traces"
    ) == ["bob"]
    marked = next(text for text in servers.told if "CREATE TABLE" in text)
    assert "ON CLUSTER `main`" in marked
    assert "ReplicatedMergeTree('/clickhouse/tables/all/" in marked
    waits = next(n for n, text in enumerate(servers.told) if ".marked_" in text and "SYNC" in text)
    removes = [(n, text) for n, text in enumerate(servers.told) if " DELETE WHERE " in text]
    assert waits < removes[0][0]
    everywhere = {
        found[1]
        for _, text in removes
        if (found := re.search(r"\.(\w+) ON CLUSTER `main` DELETE", text))
    }
    assert everywhere == RAW


def test_an_erasure_that_cannot_begin_leaves_no_marks(books, servers):
    """Where a server does not get the marks nothing is removed, and the marks are gone."""
    books.send(call(ts=NOON, user="ada"))
    store.refresh(servers, books.database)
    servers.away = True
    with pytest.raises(TimeoutError):
        erasure.erase(servers, "ada", books.database)
    assert books.value("SELECT count() FROM {db}.otel_traces") == 1
    marks = (
        "SELECT count() FROM system.tables WHERE database = '{db}' AND startsWith(name, 'marked_')"
    )
    assert books.value(marks) == 0
