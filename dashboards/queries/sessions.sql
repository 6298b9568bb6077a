-- title: Sessions
-- description: Conversations and agent runs with a call in the time range, newest first.
--   Tokens and cost are of the whole session. A session without a name of its own is told by its first
--   messages, user and agent.
-- variable: user all=v=*
WITH
    arrayMap(v -> decodeURLComponent(substring(v, 3)),
             splitByChar('&', '${user:customqueryparam:v}')) AS users
SELECT
    session_id,
    user_id,
    team,
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
FROM sessions
WHERE ended >= $__fromTime AND started <= $__toTime
  AND (has(users, '*') OR has(users, user_id))
ORDER BY ended DESC, session_id
LIMIT 10000
