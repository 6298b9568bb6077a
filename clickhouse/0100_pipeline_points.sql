-- The pipeline's own figures: what collectors and the local receiver tell about themselves, under the
-- collector's metric names (https://opentelemetry.io/docs/collector/internal-telemetry/).
CREATE TABLE IF NOT EXISTS {db}.pipeline_points {on_cluster}
(
    minute DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    component LowCardinality(String) COMMENT 'service.name: otelcol-contrib, otelcol-tokenboard, tokenboard',
    instance String COMMENT 'service.instance.id: another one after each start',
    kind LowCardinality(String) COMMENT 'accepted, refused, failed, sent, queue_size, queue_capacity, memory_bytes',
    series UInt64 COMMENT 'hash of the metric and its attributes: one a signal, receiver, exporter',
    at DateTime64(3, 'UTC'),
    value Float64 COMMENT 'counters: since the point before; gauges: at that moment'
)
ENGINE = {engine:ReplacingMergeTree}
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, component, instance, kind, series, at)
TTL minute + INTERVAL {raw_days} DAY
SETTINGS ttl_only_drop_parts = 1
