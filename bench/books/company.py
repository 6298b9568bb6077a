"""A company of 85,000 people and 60 trillion tokens in thirty days, written as rollups.

The distribution is lognormal with median 140 million tokens a month, mean 706 million, and the top
user at 281 billion: the published figures of the leaderboard that started it.
"""

# ruff: noqa: E501 - SQL is laid out by its columns
from __future__ import annotations

from math import exp, log
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

MEDIAN, SIGMA, MOST = 140e6, 1.799, 281e9
DAYS = 31
TEAMS, SERVICES = 600, 12
# The one session that is told call by call.
SESSION = "bench-session"

_SUMS = (
    "input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, "
    "gross_tokens, net_tokens, errored_tokens, duplicate_tokens, loop_tokens"
)
# Of a day's or hour's tokens t in n calls: what the columns hold.
_VALUES = """
    n AS calls, intDiv(n, 50) AS failed_calls, intDiv(n, 200) AS unknown_calls, 0 AS unpriced_calls,
    toUInt64(t * 0.965) AS input_tokens, t - input_tokens AS output_tokens,
    toUInt64(input_tokens * (0.5 + (h % 45) / 100)) AS cache_read_tokens,
    intDiv(input_tokens, 40) AS cache_write_tokens, intDiv(output_tokens, 4) AS reasoning_tokens,
    t AS gross_tokens, t - errored_tokens - duplicate_tokens - loop_tokens AS net_tokens,
    intDiv(t, 100) AS errored_tokens, intDiv(t * (h % 8), 100) AS duplicate_tokens,
    intDiv(t, 50) AS loop_tokens,
    toDecimal128(t * 0.0000009, 12) AS cost_usd, toDecimal128(t * 0.00000005, 12) AS waste_usd,
    n * 4200. AS duration_ms, intDiv(n, 12) AS human_turns, intDiv(n, 2) AS tool_calls,
    if(model = 'model-0', toUInt64(h % 4), 0) AS tasks_done,
    if(model = 'model-0', toUInt64(h % 9 = 0), 0) AS tasks_failed
"""
_COLUMNS = (
    "calls, failed_calls, unknown_calls, unpriced_calls, input_tokens, output_tokens, "
    "cache_read_tokens, cache_write_tokens, reasoning_tokens, gross_tokens, net_tokens, "
    "errored_tokens, duplicate_tokens, loop_tokens, cost_usd, waste_usd, duration_ms, human_turns, "
    "tool_calls, tasks_done, tasks_failed"
)
_WHO = (
    "user_id, team, concat('project-', toString(h % 40)) AS project, "
    f"concat('service-', toString(h % {SERVICES})) AS service, "
    "if(part = 1, concat('agent-', toString(h % 9)), '') AS agent, "
    "concat('provider-', toString((h + part) % 3)) AS provider, "
    "concat('model-', toString((h % 5) * part)) AS model"
)


def people(count: int) -> list[list[object]]:
    """Return id, team and monthly tokens of everybody, the heaviest last."""
    normal = NormalDist(log(MEDIAN), SIGMA)
    return [
        [
            f"user-{place:06d}@example.com",
            f"team-{place * 7919 % TEAMS}",
            round(min(MOST, exp(normal.inv_cdf((place + 0.5) / count)))),
        ]
        for place in range(count)
    ]


def write(client: Client, database: str, count: int, calls_factor: int = 1) -> None:
    """Fill the rollups of a migrated, empty database.

    Args:
        client: of the engine.
        database: its name.
        count: of people.
        calls_factor: how many times as many calls stand behind the same tokens.
    """
    client.command(
        f"CREATE TABLE {database}.bench_people (user_id String, team String, monthly UInt64) "
        "ENGINE = MergeTree ORDER BY user_id"
    )
    rows = people(count)
    rows[-1][2] = round(MOST)
    client.insert(
        "bench_people", rows, column_names=["user_id", "team", "monthly"], database=database
    )
    n = f"greatest(1, intDiv(t, 60000)) * {calls_factor}"
    for ago in range(DAYS):
        # three kinds of work a person and day; the day's weight differs by person
        client.command(f"""
            INSERT INTO {database}.usage_1d_rows
                (day, generation, user_id, team, project, service, agent, provider, model, {_COLUMNS})
            SELECT day, 1, {_WHO}, {_VALUES}
            FROM
            (
                SELECT
                    toDate(now(), 'UTC') - {ago} AS day, user_id, team, cityHash64(user_id) AS h,
                    arrayJoin([0, 1, 2]) AS part,
                    toUInt64(monthly / 30 * [0.6, 0.3, 0.1][part + 1]) AS t, {n} AS n
                FROM {database}.bench_people
            )""")
    for ago in range(48):
        client.command(f"""
            INSERT INTO {database}.usage_1h_rows
                (hour, generation, user_id, team, project, service, agent, provider, model, {_COLUMNS})
            SELECT hour, 1, {_WHO}, {_VALUES}
            FROM
            (
                SELECT
                    toStartOfHour(now('UTC')) - {ago} * 3600 AS hour, user_id, team,
                    cityHash64(user_id) AS h, arrayJoin([0, 1]) AS part,
                    toUInt64(monthly / 30 / 8 * [0.7, 0.3][part + 1]) AS t, {n} AS n
                FROM {database}.bench_people
                WHERE cityHash64(user_id, hour) % 3 = 0
            )""")
    for ago in range(DAYS):
        _sessions(client, database, ago, n)
    for stage, step in (("usage_1d", 86400), *((s, 3600) for s in ("usage_1h", "sessions")),
                        *((s, 3600) for s in ("turns", "deductions")), ("calls", 600)):  # fmt: skip
        client.command(f"""
            INSERT INTO {database}.generations (stage, unit, generation, inputs, content, since, rows, swept)
            SELECT '{stage}', toStartOfInterval(now('UTC'), INTERVAL {step} SECOND, 'UTC') - number * {step},
                1, 1, 1, 1, 1, true
            FROM numbers(intDiv(400 * 86400, {step}))""")
    for unit, key in (("1d", "day"), ("1h", "hour")):
        names = [name.strip() for name in _COLUMNS.split(",")]
        sums = ", ".join(f"sum(u.{name})" for name in names)
        client.command(f"""
            INSERT INTO {database}.team_usage_{unit}_rows
                ({key}, generation, team, project, service, agent, provider, model, people, {_COLUMNS}, latency)
            SELECT {key}, 1, team, '', service, agent, provider, model, uniqExact(user_id), {sums},
                arrayResize([toUInt32(sum(u.calls))], 40)
            FROM {database}.usage_{unit}_rows AS u
            GROUP BY {key}, team, service, agent, provider, model""")


def _sessions(client: Client, database: str, ago: int, n: str) -> None:
    """Write the sessions begun on one day: two a person, a quarter over three hours, a tenth over two days."""
    client.command(f"""
        INSERT INTO {database}.session_rows
            (hour, generation, session_id, user_id, team, project, service, agents, models, first_ts,
             last_ts, first_human_ts, last_human_ts, calls, failed_calls, human_turns, tool_calls,
             gross_tokens, net_tokens, loop_tokens, cost_usd, largest_input, agent_depth)
        SELECT
            begun + leg * 3600 AS hour, 1, lower(hex(s)), user_id, team, 'project', 'service',
            if(h % 3 = 0, [concat('agent-', toString(h % 9))], []),
            arraySort(arrayDistinct([concat('model-', toString(h % 5)), concat('model-', toString(if(leg = 1, h + 1, h) % 5))])),
            hour, hour + 1800, hour, hour + 1700, n, intDiv(n, 40), intDiv(n, 12), intDiv(n, 2),
            t, t - looped, if(s % 33 = 0 AND leg = 0, intDiv(t, 50), 0) AS looped,
            toDecimal128(t * 0.0000009, 12), 20000 + s % 150000, h % 3 = 0
        FROM
        (
            SELECT
                user_id, team, h, s, begun, arrayJoin(legs) AS leg, intDiv(monthly, 60 * length(legs)) AS t, {n} AS n
            FROM
            (
                SELECT
                    user_id, team, monthly, cityHash64(user_id) AS h, arrayJoin([0, 1]) AS part,
                    sipHash64(user_id, {ago}, part) AS s,
                    toStartOfHour(now('UTC') - {ago} * 86400) - (s % 20) * 3600 AS begun,
                    arrayFilter(leg -> begun + leg * 3600 <= now('UTC'),
                        multiIf(s % 10 = 1, [0, 24], s % 4 = 0, [0, 1, 2], [0])) AS legs
                FROM {database}.bench_people
            )
        )""")


def session(client: Client, database: str) -> str:
    """Tell one session step by step, as an app would: three hundred calls, half of them ask for a tool."""
    client.command(f"""
        INSERT INTO {database}.otel_traces (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, ScopeName,
            ResourceAttributes, SpanAttributes, Duration, StatusCode)
        SELECT
            toStartOfHour(now('UTC')) - 10800 + number * 10, lower(hex(sipHash128('{SESSION}', intDiv(number, 30)))),
            lower(hex(sipHash64('{SESSION}', number))), 'chat gpt-4o', 'Client', 'service-1', 'tokenboard',
            map('service.name', 'service-1'),
            map('gen_ai.operation.name', 'chat', 'gen_ai.provider.name', 'openai', 'gen_ai.request.model', 'gpt-4o',
                'gen_ai.response.model', 'gpt-4o-2024-08-06', 'gen_ai.agent.name', concat('agent-', toString(number % 3)),
                'tokenboard.agent.depth', toString(1 + (number % 3 > 0)),
                'gen_ai.response.id', concat('chatcmpl-', lower(hex(sipHash128(number, 1)))),
                'gen_ai.usage.input_tokens', toString(1000 + number * 100), 'gen_ai.usage.output_tokens', '300',
                'user.id', 'user-084000@example.com', 'tokenboard.user.source', 'context', 'session.id', '{SESSION}',
                'tokenboard.trigger', if(number % 12 = 0, 'user', 'tool'), 'tokenboard.attempt', '1',
                'tokenboard.prompt.hash', lower(hex(sipHash64(number, 2))), 'http.response.status_code', '200',
                'tokenboard.request.messages', toString(2 + number),
                'tokenboard.tool_calls.names', if(number % 2 = 0, '["search"]', '[]'),
                'tokenboard.tool_calls.hashes', if(number % 2 = 0, concat('["', lower(hex(sipHash64(number % 40))), '"]'), '[]')),
            8000000000, 'Unset'
        FROM numbers(300)""")
    client.command(f"""
        INSERT INTO {database}.session_rows
            (hour, generation, session_id, user_id, team, agents, models, first_ts, last_ts, calls, gross_tokens, net_tokens)
        SELECT toStartOfHour(now('UTC')) - 10800 AS hour, 1, '{SESSION}', 'user-084000@example.com', 'team-1',
            ['agent-0', 'agent-1', 'agent-2'], ['gpt-4o-2024-08-06'], hour, hour + 3008, 300, 4875000, 4875000""")
    return SESSION


def ends(client: Client, database: str) -> None:
    """Write how calls ended and what was said of answers: what the cubes' stages make of single calls."""
    for unit, key, source in (("1h", "hour", "usage_1h"), ("1d", "day", "usage_1d")):
        client.command(f"""
            INSERT INTO {database}.attempt_{unit}_rows ({key}, generation, team, agent, model, error_type, calls, further_attempts)
            SELECT u.{key}, any(g.generation), u.team, u.agent, u.model,
                arrayJoin(['', 'rate_limit_error', 'timeout', '500']) AS error_type,
                if(error_type = '', sum(u.calls), intDiv(sum(u.calls), 150) + 1) AS ended, intDiv(ended, 60)
            FROM {database}.{source} AS u
            INNER JOIN (SELECT unit, generation FROM {database}.current WHERE stage = 'cube_{unit}') AS g
                ON g.unit = toDateTime(u.{key}, 'UTC')
            GROUP BY u.{key}, u.team, u.agent, u.model""")
    client.command(f"""
        INSERT INTO {database}.evaluations (hour, ts, response_id, trace_id, span_id, name, score, label, service)
        SELECT
            toStartOfHour(ts), now('UTC') - number * 26 AS ts, concat('chatcmpl-', lower(hex(sipHash128(number)))),
            sipHash128(number), reinterpretAsFixedString(sipHash64(number)), ['relevance', 'harm', 'tone'][number % 3 + 1],
            (number % 100) / 100, ['pass', 'fail'][(number % 7 = 0) + 1], 'service-1'
        FROM numbers(100000)""")
