-- Spans and log records that apps lost, by the names of OpenTelemetry's own metrics of its SDKs
-- (https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/): what fell out of a full queue, what the exporter gave up
-- on. They are told as totals since the start of the process; a series is one start of one.
CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.pipeline_points_from_apps {on_cluster} TO {db}.pipeline_points
AS SELECT
    toStartOfMinute(toDateTime(TimeUnix, 'UTC')) AS minute,
    ServiceName AS component,
    ResourceAttributes['service.instance.id'] AS instance,
    if(AggregationTemporality = 1, 'failed', 'lost so far') AS kind,
    cityHash64(MetricName, Attributes, if(AggregationTemporality = 1, toDateTime64(0, 9), StartTimeUnix)) AS series,
    toDateTime64(TimeUnix, 3, 'UTC') AS at,
    Value AS value
FROM {db}.otel_metrics_sum
WHERE match(MetricName, '^otel[.]sdk[.](processor[.](span|log)[.]processed|exporter[.](span|log)[.]exported)$')
    AND Attributes['error.type'] != ''
    AND AggregationTemporality IN (1, 2)
    AND Value > 0
    AND isFinite(Value)
