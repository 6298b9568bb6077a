-- Counters with delta temporality only (collector/config.yaml asks for it): increments add up minute by
-- minute without looking back, and a replay of a point is the same point.
CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.pipeline_points_from_sums {on_cluster} TO {db}.pipeline_points
AS SELECT
    toStartOfMinute(toDateTime(TimeUnix, 'UTC')) AS minute,
    ServiceName AS component,
    ResourceAttributes['service.instance.id'] AS instance,
    multiIf(
        startsWith(MetricName, 'otelcol_receiver_accepted_'), 'accepted',
        startsWith(MetricName, 'otelcol_receiver_refused_'), 'refused',
        startsWith(MetricName, 'otelcol_receiver_failed_'), 'refused',
        startsWith(MetricName, 'otelcol_exporter_sent_'), 'sent',
        'failed'
    ) AS kind,
    cityHash64(MetricName, Attributes) AS series,
    toDateTime64(TimeUnix, 3, 'UTC') AS at,
    Value AS value
FROM {db}.otel_metrics_sum
WHERE match(MetricName, '^otelcol_(receiver_(accepted|refused|failed)|exporter_(sent|send_failed))_(spans|log_records|metric_points)$')
    AND AggregationTemporality = 1
    AND Value > 0
    AND isFinite(Value)
    AND Attributes['receiver'] NOT LIKE '%/own'
    AND Attributes['exporter'] NOT LIKE '%/own'
