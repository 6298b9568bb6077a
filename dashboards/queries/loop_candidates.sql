-- title: Sessions that may loop
-- description: The steps of every session in which, in the time range, an agent asks for the same tool call
--   three times or more, or fails with a tool five times or more. Whether that is a loop the rules of
--   tokenboard.loops say: none of them speaks of less.
WITH
-- include: masks
SELECT
    session_id,
    ts,
    kind,
    name,
    signature,
    error,
    transform(t.user_id, masks.1, masks.2, t.user_id) AS user_id,
    agent,
    agent_depth,
    input_tokens,
    output_tokens,
    cost_usd
FROM session_steps AS t
WHERE session_id IN (
    SELECT session_id
    FROM calls
    ARRAY JOIN tool_names AS tool, tool_hashes AS hash
    WHERE session_id != '' AND $__timeFilter(ts)
    GROUP BY session_id, agent, tool, hash
    HAVING count() >= 3
    UNION DISTINCT
    SELECT session_id
    FROM tool_runs
    WHERE session_id != '' AND status = 'error' AND $__timeFilter(ts)
    GROUP BY session_id, agent, name
    HAVING count() >= 5
)
ORDER BY session_id, ts, position
