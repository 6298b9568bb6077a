-- title: Delay
-- description: From the end of a call, tool or task to its row in ClickHouse: half of them, and all but one in twenty,
--   were there after so many seconds. Of the newest fifty thousand in the time range.
SELECT
    toStartOfInterval(toDateTime(ts, 'UTC'), INTERVAL greatest($__interval_s, 60) second) AS time,
    quantile(0.5)(delay) AS half,
    quantile(0.95)(delay) AS most
FROM
(
    SELECT ts, greatest(0, -seniority / 1e6 - toFloat64(toUnixTimestamp64Micro(ts)) / 1e6 - duration_ns / 1e9) AS delay
    FROM emissions
    WHERE slot >= toStartOfInterval($__fromTime, INTERVAL 10 MINUTE) AND slot <= $__toTime
    ORDER BY slot DESC
    LIMIT 50000
)
GROUP BY time
ORDER BY time
