-- title: Loops of agents
-- description: How long the longest loop of one kind is, of every agent in a session at work that made any such loop in
--   the last three hours; 0 where its last step is more than a quarter of an hour old.
SELECT
    toString(session_id) AS session,
    toString(agent) AS agent,
    max(user_id) AS user,
    toFloat64(maxIf(count, last_ts >= now() - INTERVAL 15 MINUTE)) AS value
FROM watched_loops
WHERE rule = '{rule}'
GROUP BY session, agent
