-- title: Idle burn
-- description: Tokens that each session burned in this hour and the last while no person had spoken in it for four hours
--   (the deduction idle).
WITH
-- include: masks
SELECT
    toString(session_id) AS session,
    max(transform(user_id, masks.1, masks.2, user_id)) AS user,
    toFloat64(sum(tokens)) AS value
FROM idle_hours
GROUP BY session_id
