-- What the sessions at work in the last quarter of an hour do, in the figures of tokenboard.signals: nothing here
-- repeats itself to the letter, and still nobody may want it. Looks three hours back. A call that does not say what
-- drove it counts for nobody's absence; agents that show no tools are left out of context_growth; usd_per_minute is NULL
-- where no call of the last five minutes has a price.
CREATE OR REPLACE VIEW {db}.session_signals {on_cluster} AS
SELECT s.* REPLACE (if(p.person = '', s.user_id, p.person) AS user_id)
FROM
(
    SELECT
        session_id, max(of_whom) AS user_id, any(of_team) AS team, argMax(agent, ts) AS agent,
        max(agent_depth) FILTER (WHERE ts >= now() - INTERVAL 15 MINUTE) AS depth,
        countIf(attempt <= 1 AND trigger != '' AND turn = last_turn) AS calls_since_human,
        countIf(ts >= now() - INTERVAL 5 MINUTE AND (attempt > 1 OR status = 'error')) AS retries,
        sumIf(tokens, ts >= now() - INTERVAL 5 MINUTE) / 5 AS tokens_per_minute,
        toFloat64(sumIf(cost_usd, ts >= now() - INTERVAL 5 MINUTE)) / 5 AS usd_per_minute,
        uniqExactIf(toStartOfMinute(ts), ts < now() - INTERVAL 5 MINUTE) AS earlier_minutes,
        if(earlier_minutes = 0, 0, sumIf(tokens, ts < now() - INTERVAL 5 MINUTE) / earlier_minutes) AS earlier_tokens_per_minute,
        if(earlier_minutes >= 10 AND earlier_tokens_per_minute > 0, tokens_per_minute / earlier_tokens_per_minute, 0) AS burn_ratio,
        max(growth) AS context_growth
    FROM
    (
        SELECT
            *,
            max(turn) OVER (PARTITION BY session_id) AS last_turn,
            max(user_id) OVER (PARTITION BY session_id) AS of_whom,
            max(CAST(team, 'String')) OVER (PARTITION BY session_id) AS of_team,
            -- at an agent's newest call: how much its context has grown since the one that followed its last new step
            if(at_end = 1 AND turn = last_turn AND NOT is_new AND shows_tools AND countIf(input > 0) OVER same_work >= 6,
                greatest(0, toInt64(argMaxIf(input, (ts, span_id), input > 0) OVER same_work)
                    - toInt64(argMinIf(input, (ts, span_id), input > 0) OVER same_work)), 0) AS growth
        FROM
        (
            SELECT
                *,
                countIf(is_new) OVER
                    (PARTITION BY session_id, agent, turn, own_turn ORDER BY ts, span_id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - is_new AS work,
                max(has_tools) OVER (PARTITION BY session_id, agent) AS shows_tools,
                row_number() OVER (PARTITION BY session_id, agent ORDER BY ts DESC, span_id DESC) AS at_end
            FROM
            (
                SELECT
                    session_id, ts, span_id, any(agent) AS agent, any(agent_depth) AS agent_depth, any(user_id) AS user_id,
                    any(team) AS team, any(attempt) AS attempt, any(trigger) AS trigger, any(status) AS status,
                    any(tokens) AS tokens, any(input) AS input, any(cost_usd) AS cost_usd,
                    max(tool != 0) AS has_tools, max(tool != 0 AND nth = 1) AS is_new,
                    any(turn) AS turn, any(own_turn) AS own_turn
                FROM
                (
                    SELECT
                        *, tool,
                        row_number() OVER (PARTITION BY session_id, agent, tool ORDER BY ts, span_id) AS nth
                    FROM
                    (
                        SELECT
                            *,
                            countIf(trigger = 'user' AND attempt <= 1 AND agent_depth <= 1) OVER
                                (PARTITION BY session_id ORDER BY ts, span_id
                                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS turn,
                            countIf(trigger = 'user' AND attempt <= 1) OVER
                                (PARTITION BY session_id, agent ORDER BY ts, span_id
                                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS own_turn
                        FROM
                        (
                            SELECT
                                session_id, ts, span_id, CAST(agent, 'String') AS agent, agent_depth, user_id, team, attempt,
                                CAST(trigger, 'String') AS trigger, status, cost_usd, ifNull(input_tokens, 0) AS input,
                                toUInt64(ifNull(input_tokens, 0)) + ifNull(output_tokens, 0) AS tokens,
                                arrayMap((n, h) -> cityHash64(n, h), tool_names, arrayResize(tool_hashes, length(tool_names)))
                                    AS tools
                            FROM {db}.priced_calls
                            WHERE slot >= now() - INTERVAL 3 HOUR AND session_id IN
                            (
                                SELECT session_id
                                FROM {db}.call_rows
                                WHERE slot >= now() - INTERVAL 40 MINUTE AND session_id != ''
                                    AND addMicroseconds(ts, toInt64(duration_ms * 1000)) >= now() - INTERVAL 15 MINUTE
                            )
                        )
                    )
                    LEFT ARRAY JOIN tools AS tool
                )
                GROUP BY session_id, ts, span_id
            )
        )
        WINDOW same_work AS
            (PARTITION BY session_id, agent, turn, own_turn, work ORDER BY ts, span_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    )
    GROUP BY session_id
) AS s
LEFT JOIN {db}.person_of AS p ON p.alias = s.user_id
