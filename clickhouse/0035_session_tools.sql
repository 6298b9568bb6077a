-- The tools of a session: what an answer asked for and what was run, brought together.
-- They are told by different spans: of each name, the runs that follow an answer belong to what it asked for, in order.
-- A tool that nobody says was run stands at the end of the answer that asked for it, without error and duration.
-- result is the keyed hash of what the tool answered, as found in the next request of the agent.
CREATE OR REPLACE VIEW {db}.session_tools {on_cluster} AS
SELECT
    session_id, name,
    if(was_run, run_ts, asked_ts) AS ts,
    if(was_asked, asked_position, toUInt16(2)) AS position,
    hash, result, was_asked, was_run,
    status = 'error' AS error,
    error_type,
    if(was_run, duration, NULL) AS duration_ms,
    user_id, team, agent, agent_depth, task_id, call_id, trace_id, span_id
FROM
(
    SELECT
        session_id, name, batch, nth,
        max(is_ask) AS was_asked, max(NOT is_ask) AS was_run,
        maxIf(ts, is_ask) AS asked_ts, maxIf(ts, NOT is_ask) AS run_ts,
        maxIf(place, is_ask) AS asked_position,
        maxIf(what, is_ask) AS hash, maxIf(answer, is_ask) AS result,
        maxIf(s, NOT is_ask) AS status, maxIf(e, NOT is_ask) AS error_type, maxIf(ms, NOT is_ask) AS duration,
        argMax(who, is_ask) AS user_id, argMax(t, is_ask) AS team, argMax(a, is_ask) AS agent,
        argMax(depth, is_ask) AS agent_depth, argMax(job, is_ask) AS task_id, maxIf(call, is_ask) AS call_id,
        argMin(trace, is_ask) AS trace_id, argMin(span, is_ask) AS span_id
    FROM
    (
        SELECT
            *,
            row_number() OVER (PARTITION BY session_id, name, batch, is_ask ORDER BY ts, place) AS nth
        FROM
        (
            SELECT
                *,
                countIf(is_ask AND first_of_name) OVER (PARTITION BY session_id, name ORDER BY ts, is_ask DESC, place
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS batch
            FROM
            (
                SELECT
                    session_id, CAST(tool.1, 'String') AS name, true AS is_ask, tool.4 = 1 AS first_of_name,
                    addMicroseconds(ts, toInt64(duration_ms * 1000)) AS ts, toUInt16(tool.3 + 1) AS place,
                    tool.2 AS what,
                    if(length(next_results) = length(tool_names), next_results[tool.3], '') AS answer,
                    '' AS s, '' AS e, toFloat32(0) AS ms, user_id AS who, CAST(team, 'String') AS t,
                    CAST(agent, 'String') AS a, agent_depth AS depth, task_id AS job, call_id AS call,
                    trace_id AS trace, span_id AS span
                FROM
                (
                    SELECT
                        *,
                        any(result_hashes) OVER (PARTITION BY session_id, agent ORDER BY ts
                            ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING) AS next_results
                    FROM {db}.priced_calls
                    WHERE session_id != ''
                )
                ARRAY JOIN arrayMap(
                    (n, h, i) -> (n, h, i, countEqual(arraySlice(tool_names, 1, i), n)),
                    tool_names, arrayResize(tool_hashes, length(tool_names)), arrayEnumerate(tool_names)) AS tool
                UNION ALL
                SELECT
                    session_id, CAST(name, 'String'), false, false, ts, 0, '', '', CAST(status, 'String'),
                    CAST(error_type, 'String'), duration_ms, user_id, CAST(team, 'String'), CAST(agent, 'String'),
                    agent_depth, task_id, '', trace_id, span_id
                FROM {db}.tool_runs
                WHERE session_id != ''
            )
        )
    )
    GROUP BY session_id, name, batch, nth
)
