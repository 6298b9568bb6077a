-- title: Tokens over time
-- description: Gross tokens by day (by hour in ranges under three days), split into what counts
--   and what was deducted.
WITH
    [] AS shown,
-- include: counted
SELECT
    u.since AS time,
    sum(u.net_tokens) AS net_tokens,
    toUInt64(sum(u.gross_tokens) - sum(u.net_tokens)) AS waste_tokens
FROM counted AS u
GROUP BY time
ORDER BY time WITH FILL
    FROM if(by_day, toDateTime(toDate($__fromTime + 86399, 'UTC'), 'UTC'), toDateTime(toStartOfHour($__fromTime), 'UTC'))
    TO $__toTime
    STEP toIntervalSecond(if(by_day, 86400, 3600))
