-- title: Agents
-- description: What each agent burned in the time range. Hidden steps are model calls for each human turn; (none)
--   stands for calls outside an agent. Waste is the part of gross tokens that was deducted, loops a part of it.
WITH
    ['agent'] AS shown,
-- include: cube
SELECT
    if(u.agent = '', '(none)', u.agent) AS agent_name,
    sum(u.gross_tokens) AS gross_tokens,
    sum(u.net_tokens) AS net_tokens,
    if(gross_tokens = 0, NULL, (gross_tokens - net_tokens) / gross_tokens) AS waste_share,
    sum(u.loop_tokens) AS loop_tokens,
    sum(u.cost_usd) AS cost_usd,
    sum(u.calls) AS calls,
    if(sum(u.human_turns) = 0, NULL, calls / sum(u.human_turns)) AS hidden_steps,
    sum(u.tool_calls) AS tool_calls,
    if(calls = 0, NULL, sum(u.failed_calls) / calls) AS failed_share
FROM usage AS u
GROUP BY agent_name
HAVING calls > 0
ORDER BY gross_tokens DESC
LIMIT 100
