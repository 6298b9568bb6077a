"""The books' side: from the tables to the last dashboard query. Needs ``tokenboard[cli]``."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tokenboard.doctor import Check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clickhouse_connect.driver.client import Client

    Rows = Callable[[str], Any]

# How long the books may be behind before that is a fault, in seconds.
LATE_S = 120
# How long to look whether somebody is about to bring them up to date.
PATIENCE_S = 8.0
# Shares of calls above which something is mostly wrong at the source.
NOBODYS = 0.2
UNKNOWN = 0.05
# Conversations in ten minutes from which on it means something that processes share none.
ENOUGH = 20

# At most the raw spans of an hour, so that it stays quick where there are many.
_APART = f"""
SELECT service, max(instances)
FROM
(
    SELECT
        service,
        slot,
        uniqExact(instance) AS instances,
        uniqExact(conversation) AS conversations,
        uniqExact(instance, conversation) AS pairs
    FROM
    (
        SELECT
            ServiceName AS service,
            toStartOfTenMinutes(toDateTime(Timestamp)) AS slot,
            ResourceAttributes['service.instance.id'] AS instance,
            SpanAttributes['tokenboard.conversation'] AS conversation
        FROM otel_traces_all
        WHERE ReceivedAt > now() - INTERVAL 1 HOUR AND conversation != '' AND instance != ''
            AND SpanAttributes['session.id'] = '' AND SpanAttributes['gen_ai.conversation.id'] = ''
        LIMIT 200000
    )
    GROUP BY service, slot
)
WHERE instances > 1 AND conversations >= {ENOUGH} AND pairs = conversations
GROUP BY service
ORDER BY 2 DESC
LIMIT 1
"""


FLAWS = {
    "count": "a count that is negative, absurd or no number",
    "subset": "a part larger than its whole",
    "name": "a name of more than 256 characters",
    "utf8": "a name that is no text",
    "future": "a clock in the future",
    "ancient": "a clock of long ago",
}
"""What cannot be true: as the view ``flawed`` names it, and in words."""


def checks(client: Client, since: timedelta) -> Iterator[Check]:
    """Look at each link in order; those that hang on a broken one are left out.

    Args:
        client: may read the books.
        since: how far back shares are counted.
    """

    def rows(sql: str) -> Any:
        return client.query(sql).result_rows

    schema = _schema(rows)
    yield schema
    if schema.state == "broken":
        return
    window = f"ts >= now() - INTERVAL {int(since.total_seconds())} SECOND"
    links: tuple[tuple[str, Callable[[], Check]], ...] = (
        ("arrival", lambda: _arrived(rows)),
        ("books", lambda: _kept(rows)),
        ("prices", lambda: _prices(rows, window)),
        ("users", lambda: _users(rows, window)),
        ("usage", lambda: _usage(rows, window)),
        ("sessions", lambda: _sessions(rows)),
        ("flaws", lambda: _flaws(rows, since)),
        ("pipeline", lambda: _pipeline(rows)),
    )
    whole = True
    for name, look in links:
        try:
            check = look()
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            check = Check(name, "broken", f"ClickHouse refuses: {reason}")
        whole = whole and check.state != "broken"
        yield check
    # A hundred queries, which would show nothing new.
    skipped = Check("dashboards", "skipped", "mend the link above first")
    yield _dashboards(rows) if whole else skipped


def _schema(rows: Rows) -> Check:
    from tokenboard.store import migrations

    wanted = {path.stem for path in migrations.files()}
    try:
        applied = {str(name) for (name,) in rows("SELECT name FROM migrations FINAL")}
    except Exception as error:
        return Check(
            "schema",
            "broken",
            f"no tables of tokenboard's there ({' '.join(str(error).split())[:120]})",
            "run `tokenboard migrate`",
        )
    if newer := sorted(applied - wanted):
        return Check(
            "schema",
            "broken",
            f"the tables are of a newer version (they have {newer[-1]})",
            "pip install --upgrade 'tokenboard[server]'",
        )
    if missing := sorted(wanted - applied):
        return Check(
            "schema",
            "broken",
            f"{len(missing)} of {len(wanted)} migrations are missing, the first is {missing[0]}",
            "run `tokenboard migrate`",
        )
    return Check("schema", "ok", f"{len(wanted)} migrations applied")


def _arrived(rows: Rows) -> Check:
    spans, newest = rows(
        "SELECT count(), toUnixTimestamp(max(ReceivedAt)) FROM otel_traces_all "
        "WHERE ReceivedAt > now() - INTERVAL 1 DAY"
    )[0]
    logs = rows("SELECT count() FROM otel_logs WHERE ReceivedAt > now() - INTERVAL 1 DAY")[0][0]
    if not spans and not logs:
        older = rows("SELECT count() FROM otel_traces_all")[0][0]
        said = "no telemetry came in the last day" if older else "no telemetry has ever arrived"
        return Check(
            "arrival",
            "doubtful" if older else "broken",
            said,
            "let an app make a call; then look at the collector's log and CLICKHOUSE_ENDPOINT",
        )
    calls = rows(
        "SELECT count() FROM emissions WHERE kind = 'call' AND ts > now() - INTERVAL 2 DAY"
    )[0][0]
    if not calls:
        return Check(
            "arrival",
            "broken",
            f"{spans:,} spans and {logs:,} log records came in a day, no LLM call among them",
            "import tokenboard.auto in the app that calls the models",
        )
    ago = max(0, int(time.time()) - int(newest))
    return Check("arrival", "ok", f"{spans:,} spans in the last day, the newest {ago} s ago")


def _kept(rows: Rows) -> Check:
    def state() -> tuple[bool, int]:
        pending = bool(rows("SELECT pending FROM pending")[0][0])
        newest = "SELECT toUnixTimestamp(snowflakeIDToDateTime(max(generation))) FROM generations"
        return pending, int(rows(newest)[0][0] or 0)

    pending, newest = state()
    end = time.monotonic() + PATIENCE_S
    while pending and time.monotonic() < end:
        time.sleep(0.5)
        pending, later = state()
        if later != newest:
            return Check("books", "ok", "being recomputed right now")
    ago = int(time.time()) - newest
    if pending and ago > LATE_S:
        when = (
            f"since {datetime.fromtimestamp(newest, UTC):%Y-%m-%d %H:%M} UTC" if newest else "yet"
        )
        return Check(
            "books",
            "broken",
            f"what arrived has not been recomputed {when}",
            "keep `tokenboard refresh --watch` running beside the server (the local stack does it)",
        )
    return Check("books", "ok", "waiting for their turn" if pending else "up to date")


def _prices(rows: Rows, window: str) -> Check:
    known, newest = rows("SELECT count(), max(version) FROM current_prices")[0]
    del newest
    calls, unpriced, models = rows(
        "SELECT count(), countIf(cost_usd IS NULL AND usage_known), "
        "arrayStringConcat(topKIf(3)(model, cost_usd IS NULL AND usage_known), ', ') "
        f"FROM priced_calls WHERE {window}"
    )[0]
    if calls and not known:
        return Check("prices", "broken", "no price is known", "run `tokenboard prices sync`")
    if unpriced:
        return Check(
            "prices",
            "doubtful",
            f"{unpriced:,} of {calls:,} calls have no price: {models}",
            "run `tokenboard prices sync`, or give their prices yourself (docs/books.md)",
        )
    return Check("prices", "ok", f"{known:,} prices known, every call priced")


def _share(rows: Rows, window: str, wrong: str, whose: str) -> tuple[int, int, str]:
    """Return how many calls there are, how many are ``wrong``, and ``whose`` most of those are."""
    query = f"SELECT count(), countIf({wrong}), arrayElement(topKIf(1)({whose}, {wrong}), 1)"
    return rows(f"{query} FROM calls WHERE {window}")[0]


def _users(rows: Rows, window: str) -> Check:
    calls, nobodys, worst = _share(rows, window, "user_id = ''", "service")
    if calls and nobodys / calls > NOBODYS:
        return Check(
            "users",
            "doubtful",
            f"{nobodys / calls:.0%} of the calls are nobody's, most of them of {worst!r}",
            "with tokenboard.user(...) there, the middleware, or a credential (docs/pipeline.md)",
        )
    return Check("users", "ok", f"{calls - nobodys:,} of {calls:,} calls have a user")


def _usage(rows: Rows, window: str) -> Check:
    whose = "concat(provider, ' ', model, ' by ', emitter)"
    calls, unknown, worst = _share(rows, window, "NOT usage_known AND status = 'ok'", whose)
    if calls and unknown / calls > UNKNOWN:
        return Check(
            "usage",
            "doubtful",
            f"{unknown / calls:.0%} of the calls did not report their usage, most of them {worst}",
            "for streams: stream_options={'include_usage': True}, or TOKENBOARD_INJECT_USAGE=true",
        )
    return Check("usage", "ok", f"{calls - unknown:,} of {calls:,} calls reported their usage")


def _sessions(rows: Rows) -> Check:
    """Look for processes of one service whose hashes of conversations have nothing in common.

    Sessions that nobody names are told apart by a keyed hash of the conversation; without
    TOKENBOARD_HASH_KEY each process has a key of its own.
    """
    apart = rows(_APART)
    if apart:
        service, processes = apart[0]
        return Check(
            "sessions",
            "doubtful",
            f"{processes} processes of {service!r} at once, and no conversation in common: "
            "have they the same key?",
            "give them one TOKENBOARD_HASH_KEY, or name sessions with tokenboard.session(...)",
        )
    return Check("sessions", "ok", "no sign of processes with hash keys of their own")


def _flaws(rows: Rows, since: timedelta) -> Check:
    found = rows(
        "SELECT flaw, sum(calls) AS n, topK(1)(emitter)[1] FROM flawed "
        f"WHERE day >= today() - {max(1, since.days)} GROUP BY flaw ORDER BY n DESC"
    )
    if found:
        shown = ", ".join(
            f"{n:,} with {FLAWS.get(flaw, flaw)} (by {emitter})" for flaw, n, emitter in found
        )
        return Check(
            "flaws",
            "doubtful",
            f"set aside because they cannot be true: {shown}",
            "mend the emitter, or its clock; the view flawed has them by day",
        )
    return Check("flaws", "ok", "nothing that cannot be true")


def _pipeline(rows: Rows) -> Check:
    refused, failed, full, worst = rows(
        "SELECT sum(refused), sum(failed), max(queue_size / nullIf(queue_capacity, 0)), "
        "argMax(component, failed) FROM pipeline_minutes WHERE minute > now() - INTERVAL 1 HOUR"
    )[0]
    trouble = [
        f"{refused:,} records refused (they come again)" if refused else "",
        f"{failed:,} lost, most of them by {worst!r}" if failed else "",
        f"a queue was {full:.0%} full" if full and full > 0.5 else "",  # noqa: PLR2004 - half full
    ]
    if any(trouble):
        return Check(
            "pipeline",
            "doubtful",
            f"in the last hour: {', '.join(part for part in trouble if part)}",
            "the store is slow or was away: docs/pipeline.md, Faults",
        )
    return Check("pipeline", "ok", "nothing refused or lost in the last hour")


def _dashboards(rows: Rows) -> Check:
    from tokenboard.queries import panels

    end = int(time.time() * 1000)
    seen: set[str] = set()
    for uid, board in panels.dashboards().items():
        for panel in panels.panels(board):
            for target in panel.get("targets", []):
                sql = panels.sql_for(
                    board, panel["id"], target["refId"], start_ms=end - 86_400_000, end_ms=end
                )
                if sql in seen:
                    continue
                seen.add(sql)
                try:
                    rows(sql)
                except Exception as error:
                    reason = " ".join(str(error).split())[:160]
                    return Check(
                        "dashboards",
                        "broken",
                        f"{uid}, panel {panel.get('title', panel['id'])!r}: {reason}",
                        "dashboards and tables of one version? upgrade, then `tokenboard migrate`",
                    )
    return Check("dashboards", "ok", f"{len(seen)} queries run")
