-- title: Signals of sessions
-- description: One figure of every session that was at work in the last quarter of an hour (view session_signals).
WITH
-- include: masks
SELECT
    toString(session_id) AS session,
    toString(agent) AS agent,
    transform(user_id, masks.1, masks.2, user_id) AS user,
    toFloat64({signal}) AS value
FROM session_signals
