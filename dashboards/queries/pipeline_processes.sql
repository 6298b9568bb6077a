-- title: Processes
-- description: Each collector and receiver in the time range: when it was last heard of, what it took, refused and gave up
--   on, how full its queue is and what memory it takes.
SELECT
    component,
    substring(instance, 1, 12) AS process,
    max(minute) AS last_seen,
    sum(accepted) AS accepted,
    sum(sent) AS sent,
    sum(refused) AS refused,
    sum(failed) AS failed,
    argMaxIf(queue_size / queue_capacity, minute, queue_capacity > 0) AS queue_share,
    argMaxIf(memory_bytes, minute, isNotNull(memory_bytes)) AS memory
FROM pipeline_minutes
WHERE minute >= $__fromTime AND minute <= $__toTime
GROUP BY component, process
ORDER BY last_seen DESC
LIMIT 100
