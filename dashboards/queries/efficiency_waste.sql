-- title: Waste by kind
-- description: Tokens that were deducted from net, by the one rule that took each call, by day (by hour in ranges under
--   three days). A first occurrence always counts.
WITH
    [] AS shown,
-- include: cube
SELECT
    u.since AS time,
    sum(u.loop_tokens) AS loop_tokens, sum(u.duplicate_tokens) AS duplicate_tokens, sum(u.retry_tokens) AS retry_tokens,
    sum(u.errored_tokens) AS errored_tokens, sum(u.idle_tokens) AS idle_tokens,
    sum(u.quarantined_tokens) AS quarantined_tokens
FROM usage AS u
GROUP BY time
ORDER BY time WITH FILL
    FROM if(by_day, toDateTime(toDate($__fromTime + 86399, 'UTC'), 'UTC'), toDateTime(toStartOfHour($__fromTime), 'UTC'))
    TO $__toTime
    STEP toIntervalSecond(if(by_day, 86400, 3600))
