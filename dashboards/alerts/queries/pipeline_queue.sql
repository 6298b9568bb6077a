-- title: Telemetry that waits
-- description: How full the fullest queue of a collector was in the last three minutes, as a share of its capacity.
SELECT
    CAST(component, 'String') AS component,
    toFloat64(ifNull(max(queue_size / nullIf(queue_capacity, 0)), 0)) AS value
FROM pipeline_minutes
WHERE minute >= now() - INTERVAL 3 MINUTE
GROUP BY component
