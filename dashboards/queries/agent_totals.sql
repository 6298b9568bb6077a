-- title: Sessions at a glance
-- description: Conversations and agent runs with a call in the time range, of the chosen teams, models and agents.
WITH
-- include: sat_hours
SELECT
    uniqExact(session_id) AS sessions,
    uniqExactIf(session_id, last_ts > now() - INTERVAL 15 MINUTE) AS running,
    if(sum(human_turns) = 0, NULL, sum(calls) / sum(human_turns)) AS calls_per_turn,
    if(sum(calls) = 0, NULL, sum(failed_calls) / sum(calls)) AS failed_share,
    if(sum(gross_tokens) = 0, NULL, (sum(gross_tokens) - sum(net_tokens)) / sum(gross_tokens)) AS waste_share,
    max(largest_input) AS largest_input,
    max(agent_depth) AS depth,
    sum(cost_usd) AS cost_usd
FROM sat
HAVING count() > 0
