-- When each trace began and ended: Grafana's trace view looks here before it reads otel_traces.
CREATE TABLE IF NOT EXISTS {db}.otel_traces_trace_id_ts {on_cluster}
(
    TraceId String CODEC(ZSTD(1)),
    Start SimpleAggregateFunction(min, DateTime) CODEC(ZSTD(1)),
    End SimpleAggregateFunction(max, DateTime) CODEC(ZSTD(1))
)
ENGINE = {engine:AggregatingMergeTree}
PARTITION BY toStartOfWeek(Start)
ORDER BY TraceId
TTL Start + INTERVAL {raw_days} DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1
