-- Stage sessions_1d: what each session did on some days, hours added up that agree in by whom and with what.
CREATE TEMPORARY TABLE session_days_now AS
SELECT
    toDate(r.hour) AS day, sipHash64(r.session_id) AS session, r.session_id, r.user_id, r.team,
    if(empty(r.agents), '', concat('\n', arrayStringConcat(r.agents, '\n'), '\n')) AS agents,
    if(empty(r.models), '', concat('\n', arrayStringConcat(r.models, '\n'), '\n')) AS models,
    min(r.first_ts) AS first_ts, max(r.last_ts) AS last_ts, sum(r.calls) AS calls, sum(r.failed_calls) AS failed_calls,
    sumIf(r.calls, isNull(r.last_human_ts)) AS unattended_calls, sum(r.human_turns) AS human_turns,
    sum(r.tool_calls) AS tool_calls, sum(r.gross_tokens) AS gross_tokens, sum(r.net_tokens) AS net_tokens,
    sum(r.loop_tokens) AS loop_tokens, sum(r.idle_tokens) AS idle_tokens, max(r.gross_tokens) AS heaviest_hour,
    sum(r.cost_usd) AS cost_usd, max(r.largest_input) AS largest_input, max(r.agent_depth) AS agent_depth
FROM {db}.session_rows AS r
WHERE r.hour IN ({hours})
    AND (r.hour, r.generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'sessions')
GROUP BY day, r.session_id, r.user_id, r.team, agents, models
