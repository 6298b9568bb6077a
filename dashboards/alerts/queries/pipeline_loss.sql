-- title: Telemetry lost
-- description: Records that a collector or the local receiver refused or gave up in the last ten minutes.
SELECT
    CAST(component, 'String') AS component,
    toFloat64(sum(refused) + sum(failed)) AS value
FROM pipeline_minutes
WHERE minute >= now() - INTERVAL 10 MINUTE
GROUP BY component
