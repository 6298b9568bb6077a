"""The questions tokenboard asks of ClickHouse: ``dashboards/queries/NAME.sql``, one a file.

Grafana, the command line, the local page and the tests run the same file. It begins with a header::

    -- title: Leaderboard
    -- description: Who burned what, ranked by net tokens.
    -- variable: team all=v=*
    -- variable: limit default=100

``description`` may go on in further comment lines. ``variable`` names one Grafana variable that the
query uses and what holds when a caller gives none: ``all=TEXT`` chooses "All" (TEXT is what "All"
puts into the SQL), ``default=TEXT`` a value; ``default=--`` makes a switch (``variables.SWITCH``).
After the header stands one SELECT. In it, a line ``-- include: PART`` stands for
``dashboards/queries/parts/PART.sql``, whose own ``variable`` lines count as the query's.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tokenboard import resources
from tokenboard.queries import macros
from tokenboard.queries.macros import MacroError, TimeWindow
from tokenboard.queries.variables import ALL, VariableError, interpolate, references, turn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = [
    "ALL",
    "MacroError",
    "Query",
    "QueryError",
    "TimeWindow",
    "VariableError",
    "load",
    "names",
]

_HEADER_LINE = re.compile(r"--\s?(?:(?P<key>title|description|variable):\s*)?(?P<text>.*)")
_VARIABLE = re.compile(r"(?P<name>\w+)(?:\s+(?P<kind>all|default)=(?P<text>.*))?")
_INCLUDE = re.compile(r"^[ \t]*-- include: (\w+)[ \t]*$", re.MULTILINE)
_VARIABLE_LINE = re.compile(r"^-- variable: (.*)\n", re.MULTILINE)
_CHART_POINTS = 600
# Rounding of a chart's interval: below the first number, use the second (all seconds).
# grafana/grafana: packages/grafana-data/src/datetime/rangeutil.ts (roundInterval)
_ROUNDING = (
    (1.5, 1), (3.5, 2), (7.5, 5), (12.5, 10), (17.5, 15), (25, 20), (45, 30), (90, 60), (210, 120),
    (450, 300), (750, 600), (1050, 900), (1500, 1200), (2700, 1800), (5400, 3600), (9000, 7200),
    (16200, 10800), (32400, 21600), (86400, 43200), (604800, 86400), (1814400, 604800),
)  # fmt: skip


class QueryError(ValueError):
    """A query file that is missing or malformed, or a time range that makes no sense."""


@dataclass(frozen=True, slots=True)
class Query:
    """One question.

    Args:
        name: file name without ``.sql``.
        title: a few words.
        description: what exactly it answers, in a sentence or two.
        sql: the SELECT, with macros and variables in it.
        defaults: variable → value used when the caller gives none (``ALL`` for "All").
        all_values: variable → SQL text that "All" stands for.
    """

    name: str
    title: str
    description: str
    sql: str
    defaults: Mapping[str, str] = field(default_factory=dict[str, str])
    all_values: Mapping[str, str] = field(default_factory=dict[str, str])

    def render(
        self,
        since: timedelta | None = None,
        from_ts: datetime | None = None,
        to_ts: datetime | None = None,
        variables: Mapping[str, str | Sequence[str]] | None = None,
        interval: timedelta | None = None,
    ) -> str:
        """The SQL for one time range, ready to run.

        Args:
            since: length of the range, ending at ``to_ts``; 30 days if ``from_ts`` is missing too.
            from_ts: start of the range, timezone-aware.
            to_ts: its end, timezone-aware; now if not given.
            variables: values of Grafana variables; others take the file's defaults. Variables that
                the query does not use are allowed.
            interval: width of one chart point; by default as Grafana picks it for a wide panel.

        Raises:
            QueryError: both or contradictory ends of the range.
            MacroError: unknown macro or wrong arguments.
            VariableError: a variable without a value, or a value not safe in its format.
        """
        window = _window(since, from_ts, to_ts, interval)
        return render_sql(self.sql, window, self._values(variables), self.all_values)

    def _values(
        self, given: Mapping[str, str | Sequence[str]] | None
    ) -> dict[str, str | Sequence[str]]:
        return {**self.defaults, **(given or {})}


def render_sql(
    sql: str,
    window: TimeWindow,
    variables: Mapping[str, str | Sequence[str]],
    all_values: Mapping[str, str],
) -> str:
    """Put variables and macros into any panel's SQL: in Grafana's order, variables first.

    Raises:
        MacroError: unknown macro (the plugin would send it on, and ClickHouse would answer with a
            syntax error that names something else) or wrong arguments.
        VariableError: a variable without a value, or a value not safe in its format.
    """
    values = {**_built_in(window), **variables}
    # A variable that only a comment mentions needs no value.
    sql = macros.blank_comments(turn(sql, values))
    known = macros.NAMES | values.keys() | {"conditionalAll"}
    for name in sorted(macros.macro_names(sql)):
        if name not in known and f"__{name}" not in known:
            there_are = ", ".join(f"$__{known_name}" for known_name in sorted(macros.NAMES))
            raise MacroError(f"unknown macro $__{name}; known: {there_are}")
    return macros.expand(interpolate(sql, values, all_values), window).strip()


def load(name: str) -> Query:
    """Read ``dashboards/queries/NAME.sql``.

    Raises:
        QueryError: no such query (with the names there are), or a malformed header.
    """
    if name not in names():
        raise QueryError(f"no query {name!r}; there are: {', '.join(names())}")
    return parse(name, (_folder() / f"{name}.sql").read_text("utf-8"))


@functools.cache
def names() -> tuple[str, ...]:
    """Every query there is, sorted."""
    return tuple(sorted(path.stem for path in _folder().glob("*.sql")))


def _folder() -> Path:
    return resources.folder("dashboards") / "queries"


def parse(name: str, text: str) -> Query:
    """Split a file into header and SELECT, with its parts put in.

    Raises:
        QueryError: a header line that is not understood, an unknown part, a variable used but not
            declared, or declared and not used.
    """
    facts = _Header(name)
    lines = text.strip().splitlines()
    while lines and lines[0].startswith("--") and not _INCLUDE.match(lines[0]):
        facts.read(lines.pop(0))
    sql = _with_parts(facts, "\n".join(lines)).strip().rstrip(";").rstrip()
    if not sql:
        raise QueryError(f"{name}.sql has no statement")
    used = set(references(macros.blank_comments(sql)))
    if undeclared := used - facts.declared:
        raise QueryError(f"{name}.sql uses undeclared variables: {', '.join(sorted(undeclared))}")
    if unused := facts.declared - used:
        raise QueryError(f"{name}.sql declares unused variables: {', '.join(sorted(unused))}")
    return Query(
        name,
        facts.title or name.replace("_", " ").capitalize(),
        " ".join(facts.description),
        sql,
        facts.defaults,
        facts.all_values,
    )


def _with_parts(facts: _Header, sql: str) -> str:
    def part(found: re.Match[str]) -> str:
        path = _folder() / "parts" / f"{found[1]}.sql"
        if not path.is_file():
            raise QueryError(f"{facts.name}.sql includes {found[1]!r}, which is not in parts/")
        text = path.read_text("utf-8")
        for variable in _VARIABLE_LINE.findall(text):
            facts.read_variable(variable)
        return _with_parts(facts, _VARIABLE_LINE.sub("", text).rstrip("\n"))

    return _INCLUDE.sub(part, sql)


class _Header:
    """Collects what the comment lines above a query say."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.title = ""
        self.description: list[str] = []
        self.declared: set[str] = set()
        self.defaults: dict[str, str] = {}
        self.all_values: dict[str, str] = {}
        self._in_description = False

    def read(self, line: str) -> None:
        found = _HEADER_LINE.fullmatch(line)
        key, text = (found["key"], found["text"].strip()) if found else (None, "")
        if key is None:
            if self._in_description and text:
                self.description.append(text)
            return
        self._in_description = key == "description"
        if key == "title":
            self.title = text
        elif key == "description":
            self.description.append(text)
        else:
            self.read_variable(text)

    def read_variable(self, text: str) -> None:
        found = _VARIABLE.fullmatch(text)
        if found is None:
            raise QueryError(
                f"{self.name}.sql: cannot read `variable: {text}`; "
                "write NAME, NAME all=… or NAME default=…"
            )
        name = found["name"]
        self.declared.add(name)
        if found["kind"] == "all":
            self.defaults[name] = ALL
            self.all_values[name] = found["text"]
        elif found["kind"] == "default":
            self.defaults[name] = found["text"]


def _window(
    since: timedelta | None,
    from_ts: datetime | None,
    to_ts: datetime | None,
    interval: timedelta | None,
) -> TimeWindow:
    if since is not None and from_ts is not None:
        raise QueryError("give the time range as since or as from_ts, not both")
    end = to_ts or datetime.now(UTC)
    length = timedelta(days=30) if since is None else since
    start = from_ts or end - length
    for moment in (start, end):
        if moment.tzinfo is None:
            raise QueryError(f"{moment} has no time zone; use datetime.now(UTC) or the like")
    if start >= end:
        raise QueryError(f"the time range is empty: {start.isoformat()} to {end.isoformat()}")
    return TimeWindow(start, end, interval or chart_interval(end - start))


def chart_interval(length: timedelta, points: int = _CHART_POINTS) -> timedelta:
    """Width of a chart's point as Grafana picks it: range over points, rounded to a neat step."""
    wanted = length.total_seconds() / points
    for limit, step in _ROUNDING:
        if wanted < limit:
            return timedelta(seconds=step)
    return timedelta(days=30)


def _built_in(window: TimeWindow) -> dict[str, str]:
    length_ms = window.end_ms - window.start_ms
    return {
        "__from": str(window.start_ms),
        "__to": str(window.end_ms),
        "__range": f"{round(length_ms / 1000)}s",
        "__range_s": str(round(length_ms / 1000)),
        "__range_ms": str(length_ms),
    }
