-- title: Ingest
-- description: Spans, log records and metric points in a minute: taken from senders, stored, refused (senders try again)
--   and given up on, of all collectors and receivers together.
SELECT
    toStartOfInterval(minute, INTERVAL greatest($__interval_s, 60) second) AS time,
    sum(accepted) / greatest($__interval_s, 60) * 60 AS accepted_rate,
    sum(sent) / greatest($__interval_s, 60) * 60 AS sent_rate,
    sum(refused) / greatest($__interval_s, 60) * 60 AS refused_rate,
    sum(failed) / greatest($__interval_s, 60) * 60 AS failed_rate
FROM pipeline_minutes
WHERE minute >= $__fromTime AND minute <= $__toTime
GROUP BY time
ORDER BY time
