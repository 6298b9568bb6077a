"""Nothing that reads the ClickHouse port's data can do anything else: every way out that was found, tried."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenboard.local import sql

SECRET = "the secret of the machine"


@pytest.fixture(scope="module")
def secret(tmp_path_factory):
    """A file of this machine that no query may show, with a header as of a CSV."""
    path = tmp_path_factory.mktemp("machine") / "secret.csv"
    path.write_text(f"tell,tale\n{SECRET},1\n")
    return path


# Each is run with {f} as the path of an existing file and {o} as one that must not come to be.
ESCAPES = [
    # files through functions and tables, by every name they go by
    "SELECT file('{f}')",
    "SELECT `file`('{f}')",
    "SELECT \"file\"('{f}')",
    "SELECT `f\\x69le`('{f}')",
    "SELECT file /* c */ ('{f}')",
    "SELECT file--\n('{f}')",
    "SELECT file#!c\n('{f}')",
    "SELECT file/* a /* b */ c */('{f}')",
    "SELECT * APPLY(file) FROM (SELECT '{f}')",
    "SELECT COLUMNS('x') APPLY file FROM (SELECT '{f}' AS x)",
    "SELECT arrayMap(file, ['{f}'])",
    "SELECT arrayMap(`file`, ['{f}'])",
    "WITH file AS f SELECT arrayMap(f, ['{f}'])",
    "SELECT x FROM (SELECT file('{f}') AS x)",
    "SELECT 1 WHERE file('{f}') != ''",
    "SELECT * FROM file('{f}')",
    "SELECT * FROM file('{f}', 'CSV')",
    "DESCRIBE TABLE file('{f}')",
    "DESC file('{f}')",
    "EXPLAIN SELECT * FROM file('{f}')",
    "SELECT * FROM '{f}'",
    "SELECT * FROM `{f}`",
    "SELECT * FROM default.`{f}`",
    "SELECT * FROM `default`.`{f}`",
    'SELECT * FROM "default"."{f}"',
    "DESCRIBE default.`{f}`",
    "DESCRIBE '{f}'",
    "SHOW CREATE TABLE default.`{f}`",
    "EXISTS default.`{f}`",
    "EXISTS TABLE `default` . `{f}`",
    "SELECT hasColumnInTable('default', '{f}', 'tell')",
    "SELECT * FROM merge('default', '.*')",
    "SELECT * FROM fileCluster('default', '{f}')",
    "SELECT * FROM filesystem('/')",
    "SELECT * FROM executable('cat {f}', 'TSV', 'a String')",
    "SELECT * FROM sqlite('{f}', 't')",
    "SELECT * FROM icebergLocal('/tmp')",
    "SELECT * FROM deltaLakeLocal('/tmp')",
    "SELECT * FROM (SELECT * FROM file('{f}') SETTINGS readonly = 0)",
    "SELECT * FROM view(SELECT * FROM file('{f}'))",
    "SELECT * FROM loop(file('{f}'))",
    "SELECT * FROM eval('SELECT * FROM file(''{f}'')')",
    "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT * FROM file('{f}')))",
    # the network, Python's memory, other programs
    "SELECT * FROM url('http://127.0.0.1:1/x', 'CSV', 'a Int8')",
    "SELECT * FROM s3('http://127.0.0.1:1/b/x', 'CSV', 'a Int8')",
    "DESCRIBE TABLE s3('http://127.0.0.1:1/b/x', 'CSV', 'a Int8')",
    "SELECT * FROM remote('127.0.0.1:1', system.one)",
    "SELECT * FROM cluster('default', system.one)",
    "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
    "SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')",
    "SELECT * FROM mongodb('127.0.0.1:1', 'd', 'c', 'u', 'p', 'a Int8')",
    "SELECT * FROM redis('127.0.0.1:1', 'k', 'k String, v String')",
    "SELECT * FROM Python(stack)",
    "SELECT * FROM `Python`(stack)",
    "SELECT aiGenerate('credentials', 'x')",
    # writing files
    "SELECT 1 INTO OUTFILE '{o}'",
    "SELECT 1 INTO/**/OUTFILE '{o}'",
    "select 1 into\noutfile '{o}' format CSV",
    "SELECT 1 INTO OUTFILE '{o}' TRUNCATE",
    "EXPLAIN SELECT 1 INTO OUTFILE '{o}'",
    "SHOW TABLES INTO OUTFILE '{o}'",
    "DESCRIBE TABLE calls INTO OUTFILE '{o}'",
    "EXISTS TABLE calls INTO OUTFILE '{o}'",
    "(SELECT 1) UNION ALL (SELECT 2) INTO OUTFILE '{o}'",
    "INSERT INTO FUNCTION file('{o}') SELECT 1",
    "INSERT INTO tiers FROM INFILE '{f}' FORMAT CSV",
    # changing data, settings, the session; several statements
    "INSERT INTO tiers SELECT * FROM tiers",
    "WITH a AS (SELECT 1) INSERT INTO tiers SELECT * FROM a",
    "SELECT 1; DROP TABLE calls",
    "SELECT 1;;SELECT 2",
    "SELECT 1 ; -- x\n SELECT 2",
    "DROP TABLE calls",
    "TRUNCATE TABLE calls",
    "ALTER TABLE calls DELETE WHERE 1",
    "CREATE TABLE x (a Int8) ENGINE = Memory",
    "CREATE TEMPORARY TABLE x (a Int8)",
    "CREATE FUNCTION f AS x -> x",
    "ATTACH TABLE x",
    "DETACH TABLE calls",
    "OPTIMIZE TABLE calls",
    "KILL QUERY WHERE 1",
    "kill query where 1",
    "SYSTEM SHUTDOWN",
    "SYSTEM FLUSH LOGS",
    "SET max_threads = 64",
    "SET readonly = 0",
    "USE system",
    "BACKUP DATABASE tokenboard TO File('{o}')",
    "GRANT ALL ON *.* TO default",
    "SELECT 1 SETTINGS max_execution_time = 0",
    "SELECT * FROM (SELECT 1 SETTINGS max_execution_time = 0)",
    "EXIT",
    "1 + 1",
    "FROM system.one SELECT 1",
    "",
    "--",
    # what could be read in two ways
    "SELECT $$ x $$",
    "SELECT $a$ INTO OUTFILE '{o}' $a$",
    "SELECT \u2018a\u2019",
    "SELECT 1 /* a /* b */ INTO OUTFILE '{o}' */",
    "SELECT 1\0 INTO OUTFILE '{o}'",
]


@pytest.mark.parametrize("attempt", ESCAPES)
def test_no_way_out(ask, secret, tmp_path, attempt):
    """The attempt is refused (or answers nothing), shows nothing of the machine, leaves nothing behind."""
    target = tmp_path / "written"
    query = attempt.replace("{f}", str(secret)).replace("{o}", str(target))
    answer = ask.sql(query.encode())
    if query in ("", "--"):
        assert answer.text in ("Ok.\n", answer.text if answer.status_code != 200 else "")
    else:
        assert answer.status_code != 200, answer.text
        assert answer.text.startswith("Code: ")
    said = answer.text.replace(query, "")
    assert SECRET not in said
    assert "tale" not in said
    assert not target.exists()


@pytest.mark.parametrize(
    "attempt",
    [
        "EXISTS {d:Identifier}.{t:Identifier}",
        "DESCRIBE {d:Identifier}.{t:Identifier}",
        "SELECT * FROM {d:Identifier}.{t:Identifier}",
    ],
)
def test_parameters_are_no_way_out(ask, secret, attempt):
    """A table named by parameters is no way to a file either."""
    answer = ask.sql(attempt, param_d="default", param_t=str(secret))
    assert answer.status_code != 200
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "setting",
    [
        {"readonly": "0"},
        {"max_execution_time": "100000"},
        {"max_memory_usage": "0"},
        {"max_result_rows": "0"},
        {"allow_introspection_functions": "1"},
        {"format_schema": "/etc/passwd"},
        {"output_format_schema": "/tmp/x"},
        {"session_id": "s"},
        {"role": "admin"},
        {"no_such_setting": "1"},
        {"max_threads; DROP TABLE calls --": "1"},
        {"output_format_x = 1; DROP TABLE calls --": "1"},
    ],
)
def test_settings_in_the_url_lift_no_limit(ask, setting):
    """Settings a client sends are dropped unless they only ask for less or for another look."""
    wanted = "SELECT getSetting('readonly'), getSetting('max_execution_time'), getSetting('max_memory_usage') > 0, getSetting('max_result_rows') > 0"
    assert ask.sql(wanted, **setting).text == "1\t30\t1\t1\n"
    assert ask.value("EXISTS TABLE calls") == "1"


def test_a_client_may_ask_for_less(ask):
    """Lower limits, and settings of a result's look, are honoured."""
    assert ask.sql("SELECT getSetting('max_execution_time')", max_execution_time="3").text == "3\n"
    assert ask.sql("SELECT number FROM numbers(11)", max_result_rows="10").status_code == 400
    answer = ask.sql(
        "SELECT toUInt64(1) AS a FORMAT JSONEachRow", output_format_json_quote_64bit_integers="1"
    )
    assert answer.text == '{"a":"1"}\n'


HARMLESS = [
    ("SELECT 'INTO OUTFILE; DROP TABLE x -- file(' AS a", "INTO OUTFILE; DROP TABLE x -- file("),
    ("SELECT 1 -- ; INTO OUTFILE\n", "1"),
    ("SELECT /* file('x') ; */ 2", "2"),
    ("SELECT 3 AS `into outfile`", "3"),
    ("SELECT 'it''s \\' -- ' || 'x' FORMAT TSVRaw", "it's ' -- x"),
    ("SELECT count() > 1 FROM numbers(5)", "1"),
    ("(SELECT 4) UNION ALL (SELECT 4)", "4\n4"),
    ("WITH x AS (SELECT 5 AS n) SELECT n FROM x", "5"),
    ("EXISTS TABLE calls", "1"),
    ("SELECT format('{}-{}', 'a', 'b')", "a-b"),
    ("SELECT url FROM (SELECT 'u' AS url)", "u"),
    ("SELECT count() FROM system.settings WHERE name = 'max_threads'", "1"),
    ("SELECT t.default, t.file FROM calls AS t", None),
    ("SELECT 6;", "6"),
    ("SELECT 6; -- done", "6"),
    ("SELECT 'größe 模型'", "größe 模型"),
    ("SELECT 1 = 1 AND 2 > 1 ? 'y' : 'n'", "y"),
    ("SELECT [1, 2][1], map('a', 1)['a'], x -> x FROM numbers(0)", None),
    ("SHOW TABLES LIKE 'call_'", "calls"),
]


@pytest.mark.parametrize(("query", "expected"), HARMLESS)
def test_what_only_looks_dangerous_runs(ask, query, expected):
    """Words in strings, comments and quoted names, and ordinary queries of any shape, are no reason to refuse."""
    answer = ask.sql(query)
    if expected is None:
        assert "READONLY" not in answer.text
    else:
        assert (answer.status_code, answer.text.strip()) == (200, expected), answer.text


FORBIDDEN = sql.forbidden_names(["url", "numbers", "remote"])


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_bytes_are_judged(query):
    """Whatever comes is judged or refused: no crash, no hang."""
    try:
        statement = sql.read(query, forbidden=FORBIDDEN)
    except sql.RefusedError:
        return
    assert not statement.writes


PIECES = [
    "SELECT",
    "1",
    "'s;'",
    "`q;`",
    "--c\n",
    "/*c*/",
    ";",
    "(",
    ")",
    "INTO",
    "OUTFILE",
    "'x'",
    ",",
    "FROM",
    "file",
    "url",
    "\n",
    "\\",
    "'",
    '"',
    "`",
    "$",
    "#",
    " ",
    "FORMAT",
    "CSV",
    "KILL",
    "é",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14))
@settings(max_examples=500, deadline=None)
def test_the_engine_reads_it_the_same_way(parse, pieces):
    """What passes is, for the engine's own parser too, one statement that writes no file."""
    query = "SELECT " + " ".join(pieces)
    try:
        statement = sql.read(query.encode(), forbidden=FORBIDDEN)
    except sql.RefusedError:
        return
    parsed = parse(statement.sql.decode())
    if parsed is None:
        return
    outside_quotes = re.sub(r"'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\"(?:[^\"\\]|\\.)*\"", "", parsed)
    assert "OUTFILE" not in outside_quotes
    assert "file(" not in outside_quotes
    assert "url(" not in outside_quotes


@pytest.fixture(scope="module")
def parse(stack):
    """Function: a query as the engine's own parser writes it again, None if it is no query."""
    handle = stack.engine.reader({"max_execution_time": 5})
    again = "SELECT formatQuerySingleLineOrNull({q:String})"
    several = "SELECT formatQuerySingleLine({q:String})"

    def parsed(text):
        # Parameters are escaped as in TSV.
        text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
        written = handle.query(again, "TSVRaw", params={"q": text}).bytes().decode().rstrip("\n")
        if written == "\\N":
            with pytest.raises(RuntimeError) as caught:
                handle.query(several, "TSVRaw", params={"q": text})
            assert "Multi-statements" not in str(caught.value)
            return None
        return written

    yield parsed
    handle.close()
