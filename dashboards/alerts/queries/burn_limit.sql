-- title: Burn of sessions in money
-- description: US dollars a minute, mean of the last five minutes, of every session that was at work in the last quarter
--   of an hour. Calls without a known price count for nothing here: unpriced_spend tells of them.
WITH
-- include: masks
SELECT
    toString(session_id) AS session,
    transform(user_id, masks.1, masks.2, user_id) AS user,
    round(ifNull(usd_per_minute, 0), 2) AS value
FROM session_signals
