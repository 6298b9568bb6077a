"""Query files, macros and variables: the same SQL as Grafana and its ClickHouse plugin would send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenboard import queries
from tokenboard.queries.macros import TimeWindow, expand

WINDOW = TimeWindow(
    datetime(2026, 10, 23, 9, 59, 59, 987_000, UTC),
    datetime(2026, 11, 22, 10, 0, 0, 123_000, UTC),
    timedelta(minutes=5),
)
FROM, TO = 1792749599, 1795341600  # date -u -d '2026-10-23 09:59:59' +%s, and so on


@pytest.mark.parametrize(
    ("sql", "expanded"),
    [
        ("$__timeFilter(ts)", f"ts >= toDateTime({FROM}) AND ts <= toDateTime({TO})"),
        (
            "$__timeFilter_ms(ts)",
            f"ts >= fromUnixTimestamp64Milli({FROM}987) AND ts <= fromUnixTimestamp64Milli({TO}123)",
        ),
        ("$__dateFilter(day)", "day >= toDate('2026-10-23') AND day <= toDate('2026-11-22')"),
        (
            "$__dateTimeFilter(day, ts)",
            (
                "(day >= toDate('2026-10-23') AND day <= toDate('2026-11-22'))"
                f" AND (ts >= toDateTime({FROM}) AND ts <= toDateTime({TO}))"
            ),
        ),
        (
            "$__dt(d,t)",
            (
                "(d >= toDate('2026-10-23') AND d <= toDate('2026-11-22'))"
                f" AND (t >= toDateTime({FROM}) AND t <= toDateTime({TO}))"
            ),
        ),
        ("$__fromTime .. $__toTime", f"toDateTime({FROM}) .. toDateTime({TO})"),
        (
            "$__fromTime_ms .. $__toTime_ms",
            f"fromUnixTimestamp64Milli({FROM}987) .. fromUnixTimestamp64Milli({TO}123)",
        ),
        (
            "$__timeFrom(ts) AND $__timeTo(ts)",
            f"ts >= toDateTime({FROM}) AND ts <= toDateTime({TO})",
        ),
        ("$__timeInterval(ts)", "toStartOfInterval(toDateTime(ts), INTERVAL 300 second)"),
        (
            "$__timeInterval_ms(ts)",
            "toStartOfInterval(toDateTime64(ts, 3), INTERVAL 300000 millisecond)",
        ),
        ("$__timeGroup(ts, '1h30m')", "toStartOfInterval(toDateTime(ts), INTERVAL 5400 second)"),
        ("$__interval_s, $__interval_ms, $__interval", "300, 300000, 5m"),
        # an argument may hold commas, parentheses, strings and macros of its own
        (
            "$__timeFilter( coalesce(closed, $__toTime) )",
            (
                f"coalesce(closed, toDateTime({TO})) >= toDateTime({FROM})"
                f" AND coalesce(closed, toDateTime({TO})) <= toDateTime({TO})"
            ),
        ),
        (
            "$__timeFilter(parse(')', ts))",
            f"parse(')', ts) >= toDateTime({FROM}) AND parse(')', ts) <= toDateTime({TO})",
        ),
    ],
)
def test_macros_expand_as_in_the_plugin(sql, expanded):
    """Each macro gives the text that the plugin's pkg/macros gives."""
    assert expand(sql, WINDOW) == expanded


def test_the_first_and_last_second_are_cut_not_rounded():
    """Seconds are cut off, also before 1970, as Go's Unix() does."""
    early = TimeWindow(
        datetime(1969, 12, 31, 23, 59, 59, 500_000, UTC), WINDOW.end, timedelta(milliseconds=200)
    )
    assert expand("$__fromTime", early) == "toDateTime(-1)"
    assert expand("$__interval_s", early) == "1"


def test_times_mean_the_moment_whatever_the_zone():
    """A range given in another zone is the same range, its dates counted in UTC."""
    cairo = timezone(timedelta(hours=2))
    window = TimeWindow(
        WINDOW.start.astimezone(cairo), WINDOW.end.astimezone(cairo), WINDOW.interval
    )
    sql = "$__timeFilter(ts) $__dateFilter(day)"
    assert expand(sql, window) == expand(sql, WINDOW)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 -- $__toTime here\nFROM t",
        "SELECT 1 /* $__toTime\n here */ FROM t",
        "SELECT 1 /* $__toTime never closed",
    ],
)
def test_macros_in_comments_are_not_expanded(sql):
    """Comments are blanked before anything is expanded."""
    assert "toDateTime" not in expand(sql, WINDOW)
    assert "$__" not in expand(sql, WINDOW)


@pytest.mark.parametrize(
    "text",
    [r"'it\'s -- fine'", "'it''s -- fine'", "`it's -- a name`", '"a /* name"', "$x$a -- b$x$"],
)
def test_what_looks_like_a_comment_inside_quotes_stays(text):
    """Strings, quoted names and heredocs are kept, and the macro after them is expanded."""
    assert expand(f"SELECT {text}, $__toTime", WINDOW) == f"SELECT {text}, toDateTime({TO})"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT $__timeFilter()", "takes 1 argument, got 0"),
        ("SELECT $__dateTimeFilter(a)", "takes 2 arguments, got 1"),
        ("SELECT $__timeGroup(ts, soon)", "'soon' is no duration"),
        ("SELECT $__timeGroup(ts, 0s)", "must be positive"),
        ("SELECT $__timefilter(ts)", r"unknown macro \$__timefilter; known: .*\$__timeFilter"),
        ("SELECT $__adHocFilters('calls')", r"unknown macro \$__adHocFilters"),
    ],
)
def test_wrong_macros_are_named(sql, said):
    """A macro that does not exist or lacks arguments is refused with its name."""
    with pytest.raises(queries.MacroError, match=said):
        queries.parse("q", sql).render(since=timedelta(days=1))


HOSTILE = ["o'brien", r"\'); DROP TABLE calls; --", "CORP\\alice", "x\\", '"', "`", "a,b", "a&v=b",
           "$__toTime(", "${team}", "[[team]]", "ünïcode 🏆", "100%", "", "\n--", "/*"]  # fmt: skip


@pytest.mark.parametrize("form", ["singlequote", "sqlstring"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_quoted_value_arrives_as_it_was(bare_clickhouse, name, form):
    """Whatever a person is called, ClickHouse receives that text and nothing else."""
    query = queries.parse("q", f"-- variable: user\nSELECT ${{user:{form}}} AS u, ')' AS tail")
    rows = bare_clickhouse.query(query.render(variables={"user": name})).result_rows
    assert rows == [(name, ")")]


DECODED = (
    "-- variable: team all=v=*\nSELECT arrayMap(v -> decodeURLComponent(substring(v, 3)), "
    "splitByChar('&', '${team:customqueryparam:v}'))"
)


def test_several_values_arrive_as_they_were(bare_clickhouse):
    """The idiom of tokenboard's own queries gives back every chosen value."""
    sql = queries.parse("q", DECODED).render(variables={"team": HOSTILE})
    assert bare_clickhouse.query(sql).result_rows == [(HOSTILE,)]


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=3)
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_values_arrive_as_they_were(bare_clickhouse, names):
    """No text at all leaves its place in the statement."""
    sql = queries.parse("q", DECODED).render(variables={"team": names})
    assert bare_clickhouse.query(sql).result_rows == [(names,)]
    quoted = queries.parse("q", "-- variable: u\nSELECT [${u:singlequote}]")
    rows = bare_clickhouse.query(quoted.render(variables={"u": names})).result_rows
    assert rows == [(names,)]


@pytest.mark.parametrize("reference", ["$u", "${u}", "[[u]]", "${u:raw}", "${u:csv}", "${u:pipe}"])
def test_an_unquoted_value_must_be_harmless(reference):
    """A format that quotes nothing takes 30d or gpt-4o, and refuses what could be SQL."""
    query = queries.parse("q", f"-- variable: u\nSELECT '{reference}'")
    assert query.render(variables={"u": "gpt-4o"}) == "SELECT 'gpt-4o'"
    with pytest.raises(queries.VariableError, match=r"'u'.*not safe.*singlequote"):
        query.render(variables={"u": "' OR 1=1 --"})


SWITCHED = """-- variable: ready default=--
SELECT
    'read' AS way
${ready:raw}
    , 'summed; it''s' -- isn't it
    AS more
    --*/
    , 3 AS last
${ready:raw}
    , $__toTime > 0 AS time
    --*/
"""


@pytest.mark.parametrize(
    ("value", "row"), [({}, ("read", "summed; it's", 3, 1)), ({"ready": "/*"}, ("read", 3))]
)
def test_a_switch_turns_lines_on_and_off(bare_clickhouse, value, row):
    """Lines below a switch are read as long as it says nothing else."""
    sql = queries.parse("q", SWITCHED).render(variables=value)
    assert bare_clickhouse.query(sql).result_rows == [row]
    # as Grafana sends it to ClickHouse, comments and all
    as_it_is = SWITCHED.replace("${ready:raw}", value.get("ready", "--"))
    as_it_is = as_it_is.replace("$__toTime", "now()")
    assert bare_clickhouse.query(as_it_is).result_rows == [row]


@pytest.mark.parametrize("value", ["*/ 1 --", "", "-- \n1,", ["--", "/*"], queries.ALL])
def test_a_switch_holds_nothing_else(value):
    """What would leave the line is refused, and named."""
    query = queries.parse("q", SWITCHED)
    with pytest.raises(queries.VariableError, match="'ready'"):
        query.render(variables={"ready": value})


@pytest.mark.parametrize(
    ("form", "several", "single"),
    [
        ("customqueryparam:v", "v=a%20b&v=c%27d", "v=a%20b"),
        ("customqueryparam", "team=a%20b&team=c%27d", "team=a%20b"),
        ("customqueryparam:v:is-", "v=is-a%20b&v=is-c%27d", "v=is-a%20b"),
        ("queryparam", "var-team=a%20b&var-team=c%27d", "var-team=a%20b"),
        ("percentencode", "%7Ba%20b%2Cc%27d%7D", "a%20b"),
        ("singlequote", r"'a b','c\'d'", "'a b'"),
        ("sqlstring", "'a b','c''d'", "'a b'"),
        ("doublequote", '"a b","c\'d"', '"a b"'),
    ],
)
def test_escaping_formats_are_grafanas(form, several, single):
    """Formats give what @grafana/scenes gives for values without a backslash."""
    query = queries.parse("q", f"-- variable: team\n${{team:{form}}}")
    assert query.render(variables={"team": ["a b", "c'd"]}) == several
    assert query.render(variables={"team": "a b"}) == single


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (":csv", "a,b"),
        (":pipe", "a|b"),
        (":glob", "{a,b}"),
        (":json", '["a","b"]'),
        ("", "'a','b'"),
    ],
)
def test_joining_formats_are_grafanas(form, text):
    """Without a format the plugin's own rule holds for several values."""
    query = queries.parse("q", f"-- variable: team\n${{team{form}}}")
    assert query.render(variables={"team": ["a", "b"]}) == text


def test_all_is_what_the_author_said():
    """All puts in the header's text as it is, whatever the format."""
    query = queries.parse("q", "-- variable: team all=v=*\n'${team:customqueryparam:v}'")
    assert query.render() == "'v=*'"
    assert query.render(variables={"team": queries.ALL}) == "'v=*'"
    assert query.render(variables={"team": [queries.ALL]}) == "'v=*'"


def test_conditional_all():
    """$__conditionalAll keeps its condition only when values are chosen."""
    query = queries.parse(
        "q",
        "-- variable: team all=x\nSELECT 1 WHERE $__conditionalAll(f(team) IN (${team:sqlstring}), $team)",
    )
    assert query.render() == "SELECT 1 WHERE 1=1"
    assert query.render(variables={"team": ["a"]}) == "SELECT 1 WHERE f(team) IN ('a')"


def test_a_missing_value_is_named():
    """A variable nobody set and nothing defaults is an error that says both mends."""
    with pytest.raises(queries.VariableError, match=r"variable 'u' has no value.*header"):
        queries.parse("q", "-- variable: u\nSELECT ${u:singlequote}").render()


def test_an_unknown_format_is_named():
    """A misspelt format is refused with those there are."""
    with pytest.raises(
        queries.VariableError, match=r"unknown format 'singelquote'; known: .*singlequote"
    ):
        queries.parse("q", "-- variable: u\n${u:singelquote}").render(variables={"u": "x"})


def test_an_unknown_query_is_named():
    """A name that is no file is answered with the names there are; no path gets out of the folder."""
    with pytest.raises(
        queries.QueryError, match=r"no query 'leaderbord'; there are: .*leaderboard"
    ):
        queries.load("leaderbord")
    with pytest.raises(queries.QueryError, match="no query"):
        queries.load("../generate")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT ${u:singlequote}", "undeclared variables: u"),
        ("-- variable: u\nSELECT 1", "declares unused variables: u"),
        ("-- variable: u all v=*\nSELECT ${u}", "cannot read `variable: u all v=\\*`"),
        ("-- title: nothing\n", "no statement"),
    ],
)
def test_a_malformed_file_is_named(text, said):
    """What is wrong with a file is said when it is read, not when it is run."""
    with pytest.raises(queries.QueryError, match=f"q.sql.*{said}"):
        queries.parse("q", text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"since": timedelta(0)}, "time range is empty"),
        ({"since": timedelta(days=1), "from_ts": WINDOW.start}, "not both"),
        ({"from_ts": datetime(2026, 1, 1)}, "no time zone"),  # noqa: DTZ001 - the mistake under test
        ({"from_ts": WINDOW.end, "to_ts": WINDOW.start}, "time range is empty"),
    ],
)
def test_an_impossible_range_is_refused(arguments, said):
    """A range without length, without zone or given twice is an error."""
    with pytest.raises(queries.QueryError, match=said):
        queries.parse("q", "SELECT $__toTime").render(**arguments)


@pytest.mark.parametrize(
    ("length", "step"),
    [
        (timedelta(minutes=5), timedelta(seconds=1)),
        (timedelta(hours=6), timedelta(seconds=30)),
        (timedelta(days=7), timedelta(minutes=15)),
        (timedelta(days=30), timedelta(hours=1)),
        (timedelta(days=36500), timedelta(days=30)),
    ],
)
def test_chart_interval_is_a_neat_step(length, step):
    """A chart's step follows the range as in Grafana's own rounding table."""
    assert queries.chart_interval(length) == step


@pytest.mark.parametrize("name", queries.names())
def test_every_query_file_reads_and_says_what_it_answers(name):
    """Each file has a title and a description of at least a sentence, and renders with its defaults."""
    query = queries.load(name)
    assert len(query.description) > 40
    assert query.title
    sql = query.render(variables={"user": "someone"})
    assert "$" not in sql
