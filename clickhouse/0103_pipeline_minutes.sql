-- How the pipeline did, by minute and process: records (spans, log records, metric points) taken from
-- senders, refused to them (they try again), stored, and given up on (by apps, too: what fell out of an app's queue);
-- queue in the unit of the exporter's sizer (bytes here) and memory in bytes at their highest in that minute.
CREATE OR REPLACE VIEW {db}.pipeline_minutes {on_cluster} AS
SELECT
    minute,
    toString(component) AS component,
    instance,
    toUInt64(sumIf(total, kind = 'accepted')) AS accepted,
    toUInt64(sumIf(total, kind = 'refused')) AS refused,
    toUInt64(sumIf(total, kind = 'failed')) AS failed,
    toUInt64(sumIf(total, kind = 'sent')) AS sent,
    if(countIf(kind = 'queue_size') = 0, NULL, toUInt64(sumIf(highest, kind = 'queue_size'))) AS queue_size,
    if(countIf(kind = 'queue_capacity') = 0, NULL, toUInt64(sumIf(highest, kind = 'queue_capacity'))) AS queue_capacity,
    if(countIf(kind = 'memory_bytes') = 0, NULL, toUInt64(sumIf(highest, kind = 'memory_bytes'))) AS memory_bytes
FROM
(
    SELECT minute, component, instance, CAST(kind, 'String') AS kind, series, sum(value) AS total, max(value) AS highest
    FROM {db}.pipeline_points FINAL
    WHERE kind != 'lost so far'
    GROUP BY minute, component, instance, kind, series
    UNION ALL
    SELECT
        minute, component, instance, 'failed' AS kind, series,
        greatest(0, so_far - lagInFrame(so_far, 1, 0.) OVER (PARTITION BY component, instance, series ORDER BY minute
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS total,
        0. AS highest
    FROM
    (
        SELECT minute, component, instance, series, max(value) AS so_far
        FROM {db}.pipeline_points FINAL
        WHERE kind = 'lost so far'
        GROUP BY minute, component, instance, series
    )
)
WHERE NOT (kind = 'failed' AND total = 0)
GROUP BY minute, component, instance
