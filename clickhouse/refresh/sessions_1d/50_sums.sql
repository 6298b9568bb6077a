-- Stage sessions_1d: all sessions of the days together.
INSERT INTO {db}.session_sum_rows
(
    day, generation, by_team, team, agents, models, single_sessions, calls, failed_calls, human_turns, gross_tokens, net_tokens,
    cost_usd, largest_input, agent_depth
)
SELECT
    r.day, {generation}, grouping(r.team) = 0, r.team, r.agents, r.models, countIf(r.kind = 0), sum(r.calls),
    sum(r.failed_calls), sum(r.human_turns), sum(r.gross_tokens), sum(r.net_tokens), sum(r.cost_usd),
    max(r.largest_input), max(r.agent_depth)
FROM {db}.session_day_rows AS r
WHERE r.day IN ({units}) AND r.generation = {generation} AND r.kind < 2
GROUP BY GROUPING SETS ((r.day, r.agents, r.models), (r.day, r.team, r.agents, r.models))
