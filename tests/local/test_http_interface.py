"""The ClickHouse HTTP port with the clients that people use: clickhouse-connect, plain HTTP, Go's."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import zlib
from datetime import UTC, datetime
from urllib.parse import urlsplit

import clickhouse_connect
import lz4.frame
import pytest
import zstandard
from clickhouse_connect.driver.exceptions import DatabaseError, ProgrammingError


def connect(addresses, **options):
    where = urlsplit(addresses["clickhouse"])
    return clickhouse_connect.get_client(
        host=where.hostname, port=where.port, autogenerate_session_id=False, **options
    )


@pytest.fixture(scope="module")
def client(stack):
    made = connect(stack.addresses)
    yield made
    made.close()


class TestClickHouseConnect:
    def test_types_arrive_as_python_values(self, client):
        """Values of every common type come back as what they are."""
        row = client.query(
            "SELECT toUInt64(18446744073709551615), -1.5, 'it''s', ['a', 'b'], map('k', 1), toDateTime64('2026-01-02 03:04:05.678', 3), NULL, toDecimal64('1.23', 2), true"
        ).result_rows[0]
        assert row[:5] == (2**64 - 1, -1.5, "it's", ["a", "b"], {"k": 1})
        assert row[5] == datetime(2026, 1, 2, 3, 4, 5, 678000)  # noqa: DTZ001 - the client gives UTC without a zone
        assert (row[6], str(row[7]), row[8]) == (None, "1.23", True)

    def test_parameters_are_bound_by_the_server(self, client):
        """Parameters go to the engine as values, whatever is in them."""
        given = {"a": "it's \t\\ é\n'; DROP TABLE x", "b": ["x'", "y\t"], "n": None}
        rows = client.query(
            "SELECT {a:String}, {b:Array(String)}, {n:Nullable(Int8)}", parameters=given
        )
        assert rows.result_rows == [(given["a"], given["b"], None)]

    def test_many_rows_stream(self, client):
        """A result of many blocks is read block by block, complete."""
        with client.query_row_block_stream("SELECT number FROM numbers(200000)") as blocks:
            assert sum(row[0] for block in blocks for row in block) == 199_999 * 100_000

    def test_empty_results(self, client):
        """No rows are no error; LIMIT 0 still names the columns."""
        assert client.query("SELECT 1 AS x WHERE 0").result_rows == []
        assert client.query("SELECT 1 AS x LIMIT 0").column_names == ("x",)

    def test_errors_name_code_and_reason(self, client):
        """An error of the engine is the client's DatabaseError with ClickHouse's number."""
        with pytest.raises(DatabaseError, match="UNKNOWN_IDENTIFIER") as caught:
            client.query("SELECT nonsense")
        assert caught.value.code == 47

    def test_writing_is_refused(self, client):
        """Inserts and DDL are refused as read-only, and nothing changes."""
        with pytest.raises(DatabaseError, match="READONLY"):
            client.insert("tiers", [["x"]], column_names=["tier"], column_type_names=["String"])
        with pytest.raises(DatabaseError, match="READONLY"):
            client.command("DROP TABLE calls")
        assert client.command("EXISTS TABLE calls") == 1

    def test_settings_of_the_connection_are_refused_by_the_client(self, stack):
        """The port says that settings are read-only, so the client tells its user early."""
        with pytest.raises(ProgrammingError, match="readonly"):
            connect(stack.addresses, settings={"max_threads": 64})

    def test_inserts_when_writable(self, writable):
        """A port started writable takes the client's compressed inserts and settings."""
        client = connect(writable.addresses, settings={"max_threads": 1})
        client.command("TRUNCATE TABLE notes")
        rows = [[1, "é", {"k": "v"}], [-(2**63), "x" * 100_000, {}]]
        summary = client.insert("notes", rows, column_names=["n", "t", "m"])
        assert summary.written_rows == 2
        assert client.query("SELECT n, t, m FROM notes ORDER BY n DESC").result_rows == [
            tuple(row) for row in rows
        ]
        client.close()


class TestPlainHttp:
    @pytest.mark.parametrize("path", ["/ping", "/replicas_status", "/"])
    def test_ping(self, ask, path):
        """Health checks are answered as ClickHouse answers them."""
        answer = ask.http.get(ask.addresses["clickhouse"] + path)
        assert (answer.status_code, answer.text) == (200, "Ok.\n")

    def test_query_in_the_url_and_in_the_body(self, ask):
        """A query may stand in the URL, in the body, or begin in one and end in the other."""
        url = ask.addresses["clickhouse"]
        assert ask.http.get(url, params={"query": "SELECT 1"}).text == "1\n"
        assert ask.http.post(url, content="SELECT 1").text == "1\n"
        assert ask.http.post(url, params={"query": "SELECT"}, content="1 + 1").text == "2\n"
        assert ask.http.head(url, params={"query": "SELECT 1"}).status_code == 200

    def test_formats(self, ask):
        """FORMAT wins over default_format, which wins over the header; the answer says which it is."""
        answer = ask.sql("SELECT 1 AS a FORMAT JSONEachRow", default_format="CSV")
        assert answer.json() == {"a": 1}
        assert answer.headers["x-clickhouse-format"] == "JSONEachRow"
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        answer = ask.sql("SELECT 'a,b' AS a", default_format="CSVWithNames")
        assert answer.text == '"a"\n"a,b"\n'
        url = ask.addresses["clickhouse"]
        answer = ask.http.post(url, content="SELECT 1, 2;", headers={"x-clickhouse-format": "CSV"})
        assert answer.text == "1,2\n"
        assert ask.sql("SELECT 1 AS a FORMAT Parquet").content[:4] == b"PAR1"

    def test_headers_of_an_answer(self, ask):
        """Query id, time zone and counts are where clients look for them."""
        answer = ask.sql("SELECT sum(number) FROM numbers(1000)", query_id="mine-1")
        assert answer.headers["x-clickhouse-query-id"] == "mine-1"
        assert answer.headers["x-clickhouse-timezone"] == "UTC"
        assert json.loads(answer.headers["x-clickhouse-summary"])["read_rows"] == "1000"
        forged = ask.http.get(
            ask.addresses["clickhouse"] + "/?query=SELECT+1&query_id=a%0d%0aX-Evil:+1"
        )
        assert "x-evil" not in forged.headers

    def test_parameters(self, ask):
        """param_x fills {x:Type}, escaped as in TSV."""
        assert (
            ask.sql("SELECT {x:String}, {n:UInt8} + 1", param_x="a\\tb", param_n="4").text
            == "a\\tb\t5\n"
        )
        assert ask.sql("SELECT {x:UInt8}", param_x="1 OR 1").status_code == 400

    def test_database(self, ask):
        """Names without a database are looked up in tokenboard's, or in the one that is named."""
        assert ask.sql("SELECT currentDatabase()").text == "tokenboard\n"
        assert ask.sql("SELECT currentDatabase()", database="system").text == "system\n"
        assert ask.sql("SELECT currentDatabase()", database="default").text == "tokenboard\n"
        answer = ask.sql("SELECT 1", database="no`such'one")
        assert (answer.status_code, answer.headers["x-clickhouse-exception-code"]) == (404, "81")

    def test_no_state_is_left_behind(self, ask):
        """Each request stands for itself: no setting, no database of an earlier one is seen."""
        ask.sql("SELECT 1", database="system", session_timezone="Asia/Tokyo", max_threads="1")
        assert ask.sql("SELECT currentDatabase(), timezone()").text == "tokenboard\tUTC\n"

    @pytest.mark.parametrize(
        ("query", "status", "code"),
        [
            ("SELECT nonsense", 404, 47),
            ("SELECT 1 FROM nonsense", 404, 60),
            ("SELECT (", 400, 62),
            ("SELECT 'open", 400, 62),
            ("SELECT 1 FORMAT Nonsense", 404, 73),
            ("SELECT throwIf(1)", 500, 395),
            ("SELECT sleep(3)", 408, 159),
        ],
    )
    def test_errors_as_clickhouse_sends_them(self, ask, query, status, code):
        """Errors have ClickHouse's status, number and text."""
        answer = ask.sql(query, max_execution_time="1")
        assert answer.headers["x-clickhouse-exception-code"] == str(code)
        assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
        assert answer.text.endswith(")\n")
        assert answer.status_code == status or code == 73

    @pytest.mark.parametrize(
        ("encoding", "undo"), [("gzip", gzip.decompress), ("deflate", zlib.decompress)]
    )
    def test_compressed_answers(self, ask, encoding, undo):
        """An answer is compressed when the client asks for it as ClickHouse wants to be asked."""
        url = f"{ask.addresses['clickhouse']}/?enable_http_compression=1"
        request = ask.http.build_request(
            "POST", url, content="SELECT repeat('a', 100000)", headers={"accept-encoding": encoding}
        )
        answer = ask.http.send(request, stream=True)
        raw = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == encoding
        assert len(raw) < 5_000
        assert undo(raw) == b"a" * 100_000 + b"\n"

    @pytest.mark.parametrize(
        ("encoding", "pack"),
        [
            ("gzip", gzip.compress),
            ("deflate", zlib.compress),
            ("lz4", lz4.frame.compress),
            ("zstd", lambda data: zstandard.ZstdCompressor().compress(data)),
        ],
    )
    def test_compressed_queries(self, ask, encoding, pack):
        """A body may be compressed; a broken or too large one gets a clear refusal."""
        url = ask.addresses["clickhouse"]
        headers = {"content-encoding": encoding}
        assert ask.http.post(url, content=pack(b"SELECT 7"), headers=headers).text == "7\n"
        answer = ask.http.post(url, content=pack(b"SELECT 7" * 100)[:-5], headers=headers)
        assert (answer.status_code, answer.headers["x-clickhouse-exception-code"]) == (400, "354")
        bomb = ask.http.post(url, content=pack(b" " * (8 * 2**20)), headers=headers)
        assert (bomb.status_code, bomb.headers["x-clickhouse-exception-code"]) == (413, "223")

    def test_what_is_not_supported_says_so(self, ask):
        """ClickHouse's own block compression and external tables are refused with a mend."""
        answer = ask.sql("SELECT 1", compress="1")
        assert answer.status_code == 501
        assert "use gzip" in answer.text
        form = ask.http.post(
            ask.addresses["clickhouse"], data={"query": "SELECT 1"}, files={"t": b"1"}
        )
        assert form.status_code == 501

    def test_other_paths_and_methods(self, ask):
        """Nothing else is served, and no CORS preflight is answered."""
        url = ask.addresses["clickhouse"]
        assert ask.http.get(f"{url}/play").status_code == 404
        assert ask.http.put(url, content="SELECT 1").status_code == 405
        answer = ask.http.options(url)
        assert answer.status_code == 405
        assert not any(name.startswith("access-control") for name in answer.headers)

    @pytest.mark.parametrize(
        ("form", "data"),
        [
            ("TSV", b"1\ta\n2\tb\n"),
            ("CSV", b'1,"a"\n2,b\n'),
            ("JSONEachRow", b'{"n":1,"t":"a"}{"n":2,"t":"b"}'),
            ("Values", b"(1,'a'),(2,'b')"),
            ("RowBinary", struct.pack("<q", 1) + b"\x01a" + struct.pack("<q", 2) + b"\x01b"),
        ],
    )
    def test_inserts_when_writable(self, writable, form, data):
        """Data may follow the INSERT in the body, or be the body of an INSERT in the URL."""
        for query, body in (
            ("", b"INSERT INTO notes (n, t) FORMAT %b\n%b" % (form.encode(), data)),
            (f"INSERT INTO notes (n, t) FORMAT {form}", data),
        ):
            writable.sql("TRUNCATE TABLE notes")
            answer = writable.http.post(
                writable.addresses["clickhouse"],
                params={"query": query} if query else {},
                content=body,
            )
            assert answer.status_code == 200, answer.text
            assert writable.sql("SELECT n, t FROM notes ORDER BY n").text == "1\ta\n2\tb\n"

    def test_a_get_never_writes(self, writable):
        """Also on a writable port a link or an image in a web page cannot change anything."""
        url = writable.addresses["clickhouse"]
        answer = writable.http.get(url, params={"query": "INSERT INTO notes (n) VALUES (99)"})
        assert (answer.status_code, answer.headers["x-clickhouse-exception-code"]) == (403, "164")
        assert writable.value("SELECT count() FROM notes WHERE n = 99") == "0"


def test_bytes_of_clickhouse_gos_greeting(ask):
    """The greeting has block info and a byte after each type; the revision in it is 0.

    https://github.com/ClickHouse/clickhouse-go/blob/main/conn_http.go: queryHello decodes this one
    answer as protocol 54460 and everything after as the revision that it names.
    """
    where = urlsplit(ask.addresses["clickhouse"])
    query = b"SELECT displayName(), version(), revision(), timezone()"
    version = ask.value("SELECT version()").encode()
    with socket.create_connection((where.hostname, where.port)) as wire:
        wire.sendall(
            b"POST /?client_protocol_version=54460&database=tokenboard&default_format=Native HTTP/1.1\r\n"
            b"Host: 127.0.0.1:%d\r\nUser-Agent: clickhouse-go/2.50.0\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (where.port, len(query), query)
        )
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    head, _, block = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert block == (
        b"\x01\x00\x02\xff\xff\xff\xff\x00"
        b"\x04\x01"
        b"\x0ddisplayName()\x06String\x00\x0atokenboard"
        b"\x09version()\x06String\x00"
        + bytes([len(version)])
        + version
        + b"\x0arevision()\x06UInt32\x00\x00\x00\x00\x00"
        b"\x0atimezone()\x06String\x00\x03UTC"
    )


def test_describe_as_clickhouse_go_reads_it(ask):
    """DESCRIBE TABLE in Native is a plain block of seven String columns: what a Go batch is built from."""
    block = ask.sql(
        "DESCRIBE TABLE tokenboard.otel_traces",
        default_format="Native",
        client_protocol_version="54460",
    ).content
    assert block[0] == 7
    assert block[2:14] == b"\x04name\x06String"
    assert b"\x04type\x06String" in block


def test_a_day_is_utc_whatever_the_machine(ask):
    """Days and hours are cut in UTC, on every machine alike."""
    assert (
        ask.value(
            "SELECT toDate(toDateTime64('2026-01-01 23:30:00', 9)), timezone(), serverTimezone()"
        )
        == "2026-01-01\tUTC\tUTC"
    )
    assert datetime.now(UTC).strftime("%Y") <= ask.value("SELECT toYear(now())")
