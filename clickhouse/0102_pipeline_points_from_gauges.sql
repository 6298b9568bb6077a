-- Queue and memory, as they were at a moment.
CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.pipeline_points_from_gauges {on_cluster} TO {db}.pipeline_points
AS SELECT
    toStartOfMinute(toDateTime(TimeUnix, 'UTC')) AS minute,
    ServiceName AS component,
    ResourceAttributes['service.instance.id'] AS instance,
    multiIf(
        MetricName = 'otelcol_exporter_queue_size', 'queue_size',
        MetricName = 'otelcol_exporter_queue_capacity', 'queue_capacity',
        'memory_bytes'
    ) AS kind,
    cityHash64(MetricName, Attributes) AS series,
    toDateTime64(TimeUnix, 3, 'UTC') AS at,
    Value AS value
FROM {db}.otel_metrics_gauge
WHERE MetricName IN ('otelcol_exporter_queue_size', 'otelcol_exporter_queue_capacity', 'otelcol_process_memory_rss')
    AND Value >= 0
    AND isFinite(Value)
    AND Attributes['exporter'] NOT LIKE '%/own'
