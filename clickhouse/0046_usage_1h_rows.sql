-- Usage by hour and who, where, with what: recomputed from the calls of each hour as a new generation, never added up.
-- Read the view usage_1h.
CREATE TABLE IF NOT EXISTS {db}.usage_1h_rows {on_cluster}
(
    hour DateTime('UTC') CODEC(ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    team LowCardinality(String),
    project LowCardinality(String),
    service LowCardinality(String),
    agent LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    calls UInt64 CODEC(T64, ZSTD(1)),
    failed_calls UInt64 CODEC(T64, ZSTD(1)),
    unknown_calls UInt64 CODEC(T64, ZSTD(1)) COMMENT 'calls that may have cost something and whose usage nobody reported',
    unpriced_calls UInt64 CODEC(T64, ZSTD(1)) COMMENT 'calls with usage whose model has no known price',
    input_tokens UInt64 CODEC(T64, ZSTD(1)) COMMENT 'cache included',
    output_tokens UInt64 CODEC(T64, ZSTD(1)),
    cache_read_tokens UInt64 CODEC(T64, ZSTD(1)),
    cache_write_tokens UInt64 CODEC(T64, ZSTD(1)),
    reasoning_tokens UInt64 CODEC(T64, ZSTD(1)),
    gross_tokens UInt64 CODEC(T64, ZSTD(1)) COMMENT 'input + output = net + all deductions, exactly',
    net_tokens UInt64 CODEC(T64, ZSTD(1)),
    quarantined_tokens UInt64 CODEC(T64, ZSTD(1)) COMMENT 'deductions, in the order of their rules: see deduction_rows',
    errored_tokens UInt64 CODEC(T64, ZSTD(1)),
    retry_tokens UInt64 CODEC(T64, ZSTD(1)),
    duplicate_tokens UInt64 CODEC(T64, ZSTD(1)),
    loop_tokens UInt64 CODEC(T64, ZSTD(1)),
    idle_tokens UInt64 CODEC(T64, ZSTD(1)),
    cost_usd Nullable(Decimal(38, 12)) CODEC(ZSTD(1)) COMMENT 'of the priced calls; NULL when there are none',
    waste_usd Nullable(Decimal(38, 12)) CODEC(ZSTD(1)) COMMENT 'the part of cost_usd that was deducted',
    duration_ms Float64 CODEC(ZSTD(1)) COMMENT 'sum',
    human_turns UInt64 CODEC(T64, ZSTD(1)) COMMENT 'calls that a user message drove',
    tool_calls UInt64 CODEC(T64, ZSTD(1)) COMMENT 'asked for by answers',
    tasks_done UInt64 CODEC(T64, ZSTD(1)) COMMENT 'tasks whose last outcome was said in it, by outcome',
    tasks_failed UInt64 CODEC(T64, ZSTD(1)) COMMENT 'abandoned and reverted ones included',
    tasks_abandoned UInt64 CODEC(T64, ZSTD(1)),
    tasks_reverted UInt64 CODEC(T64, ZSTD(1)),
    review_minutes Float64 CODEC(ZSTD(1)) COMMENT 'of humans, as told with tasks',
    tasks_scored UInt64 CODEC(T64, ZSTD(1)),
    task_scores Float64 CODEC(ZSTD(1)) COMMENT 'sum over tasks_scored'
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, generation, user_id, team, model)
