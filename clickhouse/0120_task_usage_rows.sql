-- What was used for each task in each hour, by whoever worked at it: recomputed with the sessions. Read outcomes_tasks.
CREATE TABLE IF NOT EXISTS {db}.task_usage_rows {on_cluster}
(
    hour DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    task_id String CODEC(ZSTD(1)),
    calls UInt64 CODEC(T64, ZSTD(1)),
    failed_calls UInt64 CODEC(T64, ZSTD(1)),
    unpriced_calls UInt64 CODEC(T64, ZSTD(1)),
    human_turns UInt64 CODEC(T64, ZSTD(1)),
    input_tokens UInt64 CODEC(T64, ZSTD(1)),
    output_tokens UInt64 CODEC(T64, ZSTD(1)),
    gross_tokens UInt64 CODEC(T64, ZSTD(1)),
    net_tokens UInt64 CODEC(T64, ZSTD(1)),
    cost_usd Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    duration_ms Float64 CODEC(ZSTD(1)) COMMENT 'sum over calls'
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, generation, task_id)
TTL hour + INTERVAL {fact_days} DAY
