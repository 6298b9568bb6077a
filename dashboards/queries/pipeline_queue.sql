-- title: Queue
-- description: How full the queue to ClickHouse was at most, by process. At 100 % senders are refused; what is queued is
--   on disk and survives a restart.
SELECT
    toStartOfInterval(minute, INTERVAL greatest($__interval_s, 60) second) AS time,
    concat(component, ' ', substring(instance, 1, 8)) AS process,
    max(queue_size / queue_capacity) AS queue_share
FROM pipeline_minutes
WHERE minute >= $__fromTime AND minute <= $__toTime AND queue_capacity > 0
GROUP BY time, process
ORDER BY time, process
