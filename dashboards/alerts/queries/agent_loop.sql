-- title: Loops of agents
-- description: How long the longest loop of each kind is, of every agent in a session at work that made any such loop in
--   the last three hours; 0 where it is shorter than the kind's threshold or its last step is more than a quarter of an
--   hour old. One question for all four kinds: it is the dearest of the alerts'.
WITH
-- include: masks
SELECT
    toString(session_id) AS session,
    toString(agent) AS agent,
    max(transform(user_id, masks.1, masks.2, user_id)) AS user,
    toString(rule) AS rule,
    toFloat64(maxIf(count, last_ts >= now() - INTERVAL 15 MINUTE AND count >= multiIf(
        rule = 'same_call', {same_call}, rule = 'cycle', {cycle}, rule = 'window', {window}, {error_streak}))) AS value
FROM watched_loops
GROUP BY session, agent, rule
