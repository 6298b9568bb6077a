-- Stage sessions_1d: copies of the rows that do not know that their session has others.
INSERT INTO {db}.session_day_rows
(
    day, generation, kind, level, of_day, of_generation, session, session_id, user_id, team, agents, models, first_ts, last_ts, calls,
    failed_calls, unattended_calls, human_turns, tool_calls, gross_tokens, net_tokens, loop_tokens, idle_tokens,
    heaviest_hour, cost_usd, largest_input, agent_depth
)
SELECT
    here.day, {generation}, 2, 2, e.day, e.generation, e.session, e.session_id, e.user_id, e.team, e.agents, e.models,
    e.first_ts, e.last_ts, e.calls, e.failed_calls, e.unattended_calls, e.human_turns, e.tool_calls, e.gross_tokens,
    e.net_tokens, e.loop_tokens, e.idle_tokens, e.heaviest_hour, e.cost_usd, e.largest_input, e.agent_depth
FROM (SELECT * FROM session_days_elsewhere WHERE kind = 0) AS e
INNER JOIN (SELECT DISTINCT session, day FROM session_days_now) AS here ON here.session = e.session
