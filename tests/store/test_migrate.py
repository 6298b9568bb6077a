"""Making and upgrading a database; opening the store, and what it says when it cannot."""

from __future__ import annotations

import re
import socket

import pytest
from click.testing import CliRunner
from store.spans import COLUMNS, call
from tokenboard import store
from tokenboard.cli.migrate import migrate as command
from tokenboard.store import migrations, sql

# The columns that the collector's exporter names in its INSERTs (contrib 0.162,
# exporter/clickhouseexporter/internal/sqltemplates).
POINT = (
    "ResourceAttributes ResourceSchemaUrl ScopeName ScopeVersion ScopeAttributes "
    "ScopeDroppedAttrCount ScopeSchemaUrl ServiceName MetricName MetricDescription MetricUnit "
    "Attributes StartTimeUnix TimeUnix "
)
EXEMPLARS = (
    "Exemplars.FilteredAttributes Exemplars.TimeUnix Exemplars.Value Exemplars.SpanId "
    "Exemplars.TraceId "
)
EXPORTER = {
    "otel_traces": " ".join(COLUMNS),
    "otel_logs": "Timestamp TraceId SpanId TraceFlags SeverityText SeverityNumber ServiceName Body "
    "ResourceSchemaUrl ResourceAttributes ScopeSchemaUrl ScopeName ScopeVersion ScopeAttributes "
    "LogAttributes EventName",
    "otel_metrics_gauge": POINT + EXEMPLARS + "Value Flags",
    "otel_metrics_sum": POINT + EXEMPLARS + "Value Flags AggregationTemporality IsMonotonic",
    "otel_metrics_histogram": POINT
    + EXEMPLARS
    + "Count Sum BucketCounts ExplicitBounds Flags Min Max AggregationTemporality",
    "otel_metrics_exponential_histogram": POINT
    + EXEMPLARS
    + "Count Sum Scale ZeroCount PositiveOffset PositiveBucketCounts NegativeOffset "
    "NegativeBucketCounts Flags Min Max AggregationTemporality",
    "otel_metrics_summary": POINT
    + "Count Sum ValueAtQuantiles.Quantile ValueAtQuantiles.Value Flags",
}


@pytest.mark.parametrize("table", EXPORTER)
def test_exporter_tables_take_what_the_exporter_inserts(books, table):
    """Every column that the exporter names is there, and no other needs a value."""
    columns = books.rows(
        "SELECT name, default_kind FROM system.columns "
        f"WHERE database = '{{db}}' AND table = '{table}'"
    )
    theirs = set(EXPORTER[table].split())
    assert {line["name"] for line in columns} >= theirs
    assert all(line["default_kind"] for line in columns if line["name"] not in theirs)


def test_migrating_twice_does_nothing_the_second_time(bare):
    """The first run applies every file, the second none."""
    try:
        first = store.migrate(bare, "fresh")
        assert first == [path.stem for path in migrations.files()]
        assert store.migrate(bare, "fresh") == []
    finally:
        bare.command("DROP DATABASE fresh SYNC")


def test_a_migration_that_was_cut_short_goes_on(bare, monkeypatch):
    """A run that stops after some files leaves a database that the next run completes."""
    files = migrations.files()
    try:
        monkeypatch.setattr(migrations, "files", lambda: files[:20])
        store.migrate(bare, "short")
        monkeypatch.undo()
        assert store.migrate(bare, "short") == [path.stem for path in files[20:]]
    finally:
        bare.command("DROP DATABASE short SYNC")


def test_what_was_edited_survives_an_upgrade(books):
    """Tiers that somebody edited are not set back to the defaults."""
    books.run("INSERT INTO {db}.tiers (tier, min_tokens) VALUES ('bronze', 77)")
    try:
        store.migrate(books.client, books.database)
        query = "SELECT min_tokens FROM {db}.tiers FINAL WHERE tier = 'bronze'"
        assert books.value(query) == 77
    finally:
        books.run("ALTER TABLE {db}.tiers DELETE WHERE min_tokens = 77 SETTINGS mutations_sync = 2")


def test_a_newer_database_is_left_alone(books):
    """A database with a migration that this version does not know is refused, with the mend."""
    books.run("INSERT INTO {db}.migrations (name, checksum) VALUES ('9999_future', '')")
    try:
        with pytest.raises(store.MigrationError, match=r"newer tokenboard.*9999_future.*upgrade"):
            store.migrate(books.client, books.database)
    finally:
        books.run(
            "ALTER TABLE {db}.migrations DELETE WHERE name = '9999_future' SETTINGS mutations_sync = 2"
        )


def test_retention_is_set_changed_and_kept(bare):
    """Days given once hold for whoever migrates next without a word, views that seal hours included."""

    def expiry(table):
        query = "SELECT engine_full FROM system.tables WHERE database = 'kept' AND name = %(table)s"
        ((text,),) = bare.query(query, parameters={"table": table}).result_rows
        found = re.search(r"TTL .*?toIntervalDay\((\d+)\)", text)
        return int(found[1]) if found else None

    tables = ("otel_traces", "call_rows", "usage_1d_rows", "team_usage_1h_rows")
    try:
        store.migrate(bare, "kept")
        assert [expiry(table) for table in tables] == [35, 400, None, None]
        store.migrate(bare, "kept", layout=sql.Layout("kept", "", 7, 90, 1000))
        assert [expiry(table) for table in tables] == [7, 90, 1000, 1000]
        assert store.migrate(bare, "kept") == []
        assert migrations.layout_of(bare, "kept") == sql.Layout("kept", "", 7, 90, 1000)
        sealed = "SELECT create_table_query LIKE '%%toIntervalDay(90)%%' FROM system.tables "
        sealed += "WHERE database = 'kept' AND name = 'calls_dirty'"
        assert bare.query(sealed.replace("%%", "%")).result_rows == [(1,)]
        store.migrate(bare, "kept", layout=sql.Layout("kept", "", 7, 90, 0))
        assert expiry("usage_1d_rows") is None
    finally:
        bare.command("DROP DATABASE kept SYNC")


def test_books_of_two_databases_are_apart(bare, books):
    """One engine holds several databases; what is sent to one is not in the other."""
    store.migrate(bare, "second")
    try:
        books.send(call(ts=call.__globals__["datetime"].now()))
        store.refresh(bare, "second")
        assert bare.query("SELECT count() FROM second.calls").result_rows == [(0,)]
    finally:
        bare.command("DROP DATABASE second SYNC")


@pytest.mark.parametrize("name", ["1x", "a-b", "a`b", "a.b"])
def test_odd_database_names_are_refused(name):
    """A name that would have to be quoted everywhere is refused before anything is sent."""
    with pytest.raises(ValueError, match="cannot name a database"):
        sql.Layout(database=name)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_no_server_is_one_clear_line():
    """Nobody listening: the address and the mend, no traceback."""
    port = free_port()
    result = CliRunner().invoke(command, ["--url", f"http://127.0.0.1:{port}"])
    assert result.exit_code == 1
    assert f"no ClickHouse answers at http://127.0.0.1:{port}" in result.output
    assert "tokenboard up" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://h:99999999"])
def test_no_address_is_one_clear_line(url):
    """What is no address is named as such."""
    result = CliRunner().invoke(command, ["--url", url])
    assert result.exit_code == 1
    assert "is no ClickHouse address" in result.output


def test_a_wrong_password_is_named():
    """A server that refuses the user says so; it is not taken for one that is not there."""
    import http.server
    import threading

    class Refuses(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = b"Code: 516. DB::Exception: eve: Authentication failed. (AUTHENTICATION_FAILED)"
            self.send_response(403)
            self.send_header("X-ClickHouse-Exception-Code", "516")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - http.server's names

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Refuses)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.raises(store.StoreError, match="refuses the user or password"):
            store.connect(f"http://eve:wrong@127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
