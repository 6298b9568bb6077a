-- title: Sessions
-- description: Conversations and agent runs with a call in the time range, newest first.
--   Tokens and cost are of the whole session. A session without a name of its own is told by its first
--   messages, user and agent.
-- variable: user all=v=*
WITH
    arrayMap(v -> decodeURLComponent(substring(v, 3)),
             splitByChar('&', '${user:customqueryparam:v}')) AS users,
-- include: masks
    ,
    (SELECT (every_team, shown_teams) FROM team_cohort) AS cohort,
    cohort.1 AS every_team, cohort.2 AS shown_teams
SELECT
    session_id,
    transform(s.user_id, masks.1, masks.2, s.user_id) AS user_id,
    if(every_team OR has(shown_teams, s.team), s.team, '') AS team,
    project,
    agents,
    models,
    tasks,
    started,
    ended,
    human_turns,
    calls,
    failed_calls,
    tool_calls,
    gross_tokens,
    net_tokens,
    cost_usd,
    largest_input,
    agent_depth
FROM sessions AS s
WHERE ended >= $__fromTime AND started <= $__toTime
  AND (has(users, '*') OR has(users, transform(s.user_id, masks.1, masks.2, s.user_id)))
ORDER BY ended DESC, session_id
LIMIT 10000
