"""One person's data: handing them out, and removing them for good, rollups included.

A person is an id and all their aliases. Of raw telemetry theirs is what names them in an attribute
of identity, what belongs to a session of theirs alone, and a trace in which they alone are known.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenboard.store import migrations, people, recompute, sql
from tokenboard.store.people import PersonError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from clickhouse_connect.driver.client import Client

_MARKED = """
CREATE TABLE {db}.{marked} {on_cluster}
(kind LowCardinality(String), value String, trace FixedString(16))
ENGINE = {engine:MergeTree} ORDER BY (kind, value)
"""
# Sessions and traces of which the person is the only known user.
_MARK = """
INSERT INTO {db}.{marked} (kind, value, trace)
SELECT 'user', arrayJoin(%(names)s), toFixedString('', 16)
UNION ALL
SELECT 'session', session_id, toFixedString('', 16)
FROM {db}.emissions
WHERE session_id != ''
GROUP BY session_id
HAVING countIf(has(%(names)s, user_id)) > 0
    AND countIf(user_id != '' AND NOT has(%(names)s, user_id)) = 0
UNION ALL
SELECT 'trace', '', trace_id
FROM {db}.emissions
WHERE trace_id != toFixedString('', 16)
GROUP BY trace_id
HAVING countIf(has(%(names)s, user_id)) > 0
    AND countIf(user_id != '' AND NOT has(%(names)s, user_id)) = 0
"""
_TRACES = "(SELECT trace FROM {db}.{marked} WHERE kind = 'trace')"
_USERS = "(SELECT value FROM {db}.{marked} WHERE kind = 'user')"
_SESSIONS = "(SELECT value FROM {db}.{marked} WHERE kind = 'session')"


def _named(attributes: str) -> str:
    return (
        "arrayExists((k, v) -> (match(k, '(?i)user|email|account|login|installation') "
        f"AND v IN {_USERS}) OR (match(k, '(?i)session|conversation') AND v IN {_SESSIONS}), "
        f"mapKeys({attributes}), mapValues({attributes}))"
    )


_METRIC = f"{_named('Attributes')} OR {_named('ResourceAttributes')}"
_BY_TRACE = f"trace_id IN {_TRACES}"
_BY_USER = f"user_id IN {_USERS}"
_BY_SESSION = f"session_id IN {_SESSIONS}"
# table -> which of its rows are the person's
_THEIRS: Mapping[str, str] = {
    "otel_traces": f"{_named('SpanAttributes')} OR {_named('ResourceAttributes')} "
    f"OR {{id16:TraceId}} IN {_TRACES}",
    "otel_traces_trace_id_ts": f"{{id16:TraceId}} IN {_TRACES}",
    "otel_logs": f"{_named('LogAttributes')} OR {_named('ResourceAttributes')} "
    f"OR (TraceId != '' AND {{id16:TraceId}} IN {_TRACES})",
    "otel_metrics_gauge": _METRIC,
    "otel_metrics_sum": _METRIC,
    "otel_metrics_histogram": _METRIC,
    "otel_metrics_exponential_histogram": _METRIC,
    "otel_metrics_summary": _METRIC,
    "emissions": f"{_BY_USER} OR {_BY_TRACE}",
    "misdated": _BY_TRACE,
    "task_ends": _BY_TRACE,
    "evaluations": _BY_TRACE
    + " OR (response_id != '' AND response_id IN (SELECT response_id FROM {db}.call_rows "
    f"WHERE {_BY_USER} OR {_BY_TRACE}))",
    "tool_rows": f"{_BY_USER} OR {_BY_TRACE}",
    "yielded_rows": _BY_TRACE,
    "deduction_rows": f"{_BY_USER} OR {_BY_TRACE}",
    "turn_rows": _BY_SESSION,
    "usage_slot_rows": f"{_BY_USER} OR {_BY_SESSION}",
    "session_rows": f"{_BY_USER} OR {_BY_SESSION}",
    "session_day_rows": f"{_BY_USER} OR {_BY_SESSION}",
    "call_rows": f"{_BY_USER} OR {_BY_TRACE}",
    "usage_1h_rows": _BY_USER,
    "usage_1d_rows": _BY_USER,
    "standing_rows": "subject = 'user' AND name IN %(shown)s",
    "standing_part_rows": "name IN %(shown)s",
    "standing_board_rows": "name IN %(shown)s",
    "standing_trend_rows": "name IN %(shown)s",
    "budgets": f"scope = 'user' AND name IN {_USERS}",
    "targets": f"scope = 'user' AND name IN {_USERS}",
    "aliases": "person_id = %(person)s OR value IN %(names)s",
    "people": "person_id IN %(names)s",
}
# Raw telemetry: on a cluster each shard has a part of it. All else is whole on every server.
_RAW = frozenset(name for name in _THEIRS if name.startswith("otel_") and name[-3:] != "_ts")
# What a person gets: the readable form of the above. Superseded rows are nobody's business.
_READ: Mapping[str, str] = {
    **{table: rule for table, rule in _THEIRS.items() if not table.endswith(("_rows", "_ts"))},
    "calls": _BY_USER,
    "deductions": _BY_USER,
    "tool_runs": _BY_USER,
    "session_hours": "user_id = %(person)s",
    "usage_1h": "user_id = %(person)s",
    "usage_1d": "user_id = %(person)s",
    "standings": "subject = 'user' AND name IN %(shown)s",
}


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure removed: rows by table, and the ids that were looked for."""

    names: tuple[str, ...]
    rows: Mapping[str, int]


class _Person:
    """A person's names, and the marks of what is theirs while something is done about it."""

    def __init__(self, client: Client, person: str, database: str) -> None:
        if not person:
            raise PersonError("name a person: calls whose user is not known are nobody's")
        self.client = client
        # Raw telemetry of a cluster lies on several shards.
        self.layout = migrations.layout_of(client, database) or sql.Layout(database=database)
        query = "SELECT person FROM {db}.person_of WHERE alias = %(id)s"
        named = self._rows(query, {"id": person})
        self.person = str(named[0][0]) if named else person
        own = [one.value for one in people.aliases(client, database, self.person)]
        self.names = tuple(dict.fromkeys([self.person, *own]))
        query = "SELECT pseudonym FROM {db}.people FINAL WHERE person_id = %(id)s "
        masks = self._rows(query + "AND pseudonym != ''", {"id": self.person})
        self.parameters = {
            "person": self.person,
            "names": list(self.names),
            "shown": [*self.names, *(str(row[0]) for row in masks)],
        }
        (number,) = client.query("SELECT generateSnowflakeID()").result_rows[0]
        self.values = {"marked": f"marked_{number}"}

    def __enter__(self) -> _Person:  # noqa: PYI034 - not made to be subclassed
        self.run(_MARKED)
        try:
            self.run(_MARK)
            if self.layout.cluster:
                # every server removes by the marks that it has
                self.run("SYSTEM SYNC REPLICA {on_cluster} {db}.{marked}")
        except BaseException:
            self.__exit__()  # the marks name the person
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.run("DROP TABLE IF EXISTS {db}.{marked} {on_cluster} SYNC")

    def run(self, template: str) -> None:
        self.client.command(self._text(template), parameters=self.parameters)

    def rows(self, template: str) -> Sequence[Sequence[Any]]:
        return self._rows(template, self.parameters)

    def json_lines(self, template: str) -> bytes:
        return self.client.raw_query(
            self._text(template), parameters=self.parameters, fmt="JSONEachRow"
        )

    def readable(self, table: str) -> str:
        """Return what turns a table's binary ids into text."""
        query = (
            "SELECT name FROM system.columns WHERE database = %(database)s AND table = %(table)s "
            "AND startsWith(type, 'FixedString')"
        )
        rows = self._rows(query, {"database": self.layout.database, "table": table})
        ids = [f"lower(hex({name})) AS {name}" for (name,) in rows]
        return f" REPLACE ({', '.join(ids)})" if ids else ""

    def _rows(self, template: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        text = sql.render(template, self.layout, getattr(self, "values", None))
        return self.client.query(text, parameters=dict(parameters)).result_rows

    def _text(self, template: str) -> str:
        return sql.render(template, self.layout, self.values)


def _from(table: str) -> str:
    return f"{{rows:{table}}}" if table in _RAW else f"{{db}}.{table}"


def export(client: Client, person: str, out: Path, database: str = "tokenboard") -> dict[str, int]:
    """Write everything of a person into a zip file: one file of JSON lines a table.

    Returns:
        The number of rows by table.

    Raises:
        PersonError: nothing is known of that person.
        OSError: the file cannot be written; an existing one is left alone.
    """
    counts: dict[str, int] = {}
    with _Person(client, person, database) as theirs:
        parts: dict[str, bytes] = {}
        for table, rule in _READ.items():
            lines = theirs.json_lines(
                f"SELECT *{theirs.readable(table)} FROM {_from(table)} WHERE {rule}"
            )
            if lines:
                parts[table] = lines
                counts[table] = lines.count(b"\n")
        if not parts:
            raise PersonError(f"nothing is known of {person!r}")
        about = {"person_id": theirs.person, "names": list(theirs.names), "rows": counts}
    with zipfile.ZipFile(out, "x", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("about.json", json.dumps(about, indent=2, ensure_ascii=False))
        for table, lines in parts.items():
            archive.writestr(f"{table}.jsonl", lines)
    return counts


def erase(client: Client, person: str, database: str = "tokenboard") -> Erased:
    """Remove everything of a person from the disk, then recompute what they were part of.

    Figures of teams, models and agents lose their part as far back as single calls are kept; older
    rollups without people keep it, unattributed to anybody. The table ``erased`` keeps a hash of
    each name, so that an import does not bring calls of before back.

    Raises:
        PersonError: nothing is known of that person.
    """
    with _Person(client, person, database) as theirs:
        counts = {
            table: int(theirs.rows(f"SELECT count() FROM {_from(table)} WHERE {rule}")[0][0])
            for table, rule in _THEIRS.items()
        }
        if not any(counts.values()):
            raise PersonError(f"nothing is known of {person!r}")
        theirs.run("INSERT INTO {db}.erased (name) SELECT sipHash128(arrayJoin(%(names)s))")
        rule = _THEIRS["emissions"]
        theirs.run(
            "INSERT INTO {db}.dirty_slots (slot, marks, rows) "
            f"SELECT DISTINCT slot, 1, 0 FROM {{db}}.emissions WHERE {rule}"
        )
        # Twice: somebody else's recomputation may have begun before the first time.
        for _ in range(2):
            for table, rule in _THEIRS.items():
                where = "{on_cluster}" if table in _RAW else ""
                theirs.run(
                    f"ALTER TABLE {{db}}.{table} {where} DELETE WHERE {rule} "
                    "SETTINGS mutations_sync = 2"
                )
            recompute.refresh(client, database)
        return Erased(theirs.names, {table: n for table, n in counts.items() if n})
