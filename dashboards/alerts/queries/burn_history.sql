-- title: Burn of sessions against their own past
-- description: How many times more tokens a minute a session burned in the last five minutes than in its earlier active
--   minutes of the last three hours; 0 with fewer than ten of those, or while it burns little.
WITH
-- include: masks
SELECT
    toString(session_id) AS session,
    transform(user_id, masks.1, masks.2, user_id) AS user,
    if(tokens_per_minute >= {least}, round(burn_ratio, 1), 0.) AS value
FROM session_signals
