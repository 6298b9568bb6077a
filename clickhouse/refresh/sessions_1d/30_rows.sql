-- Stage sessions_1d: the days' own rows.
INSERT INTO {db}.session_day_rows
(
    day, generation, kind, level, of_day, of_generation, session, session_id, user_id, team, agents, models, first_ts, last_ts, calls,
    failed_calls, unattended_calls, human_turns, tool_calls, gross_tokens, net_tokens, loop_tokens, idle_tokens,
    heaviest_hour, cost_usd, largest_input, agent_depth
)
SELECT
    day, {generation}, kind,
    multiIf(
        kind > 0, 2,
        row_number() OVER (PARTITION BY day, kind ORDER BY loop_tokens + idle_tokens > 0 DESC, gross_tokens DESC) <= 200, 0,
        row_number() OVER
            (PARTITION BY day, kind, agents, models ORDER BY loop_tokens + idle_tokens > 0 DESC, gross_tokens DESC) <= 200, 1,
        2),
    day, {generation}, session, session_id, user_id, team, agents, models, first_ts, last_ts, calls,
    failed_calls, unattended_calls, human_turns, tool_calls, gross_tokens, net_tokens, loop_tokens, idle_tokens,
    heaviest_hour, cost_usd, largest_input, agent_depth
FROM
(
    SELECT
        *,
        session IN (SELECT session FROM session_days_elsewhere)
            OR session IN (SELECT session FROM session_days_now GROUP BY session HAVING count() > 1) AS kind
    FROM session_days_now
)
