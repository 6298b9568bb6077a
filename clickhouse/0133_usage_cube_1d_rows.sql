-- Usage by day over each set of dimensions that panels ask for: what they show and filter by is one small set, whatever
-- the number of people. Recomputed from each day of usage_1d and team_usage_1d as a new generation. Read usage_cube_1d.
CREATE TABLE IF NOT EXISTS {db}.usage_cube_1d_rows {on_cluster}
(
    day Date CODEC(Delta, ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    dimensions LowCardinality(String) COMMENT 'those that are told apart, in the order of the columns; the others are empty. model comes with provider',
    team LowCardinality(String),
    agent LowCardinality(String),
    model LowCardinality(String),
    project LowCardinality(String),
    service LowCardinality(String),
    provider LowCardinality(String),
    calls UInt64 CODEC(T64, ZSTD(1)),
    failed_calls UInt64 CODEC(T64, ZSTD(1)),
    unknown_calls UInt64 CODEC(T64, ZSTD(1)),
    unpriced_calls UInt64 CODEC(T64, ZSTD(1)),
    input_tokens UInt64 CODEC(T64, ZSTD(1)),
    output_tokens UInt64 CODEC(T64, ZSTD(1)),
    cache_read_tokens UInt64 CODEC(T64, ZSTD(1)),
    cache_write_tokens UInt64 CODEC(T64, ZSTD(1)),
    gross_tokens UInt64 CODEC(T64, ZSTD(1)),
    net_tokens UInt64 CODEC(T64, ZSTD(1)),
    quarantined_tokens UInt64 CODEC(T64, ZSTD(1)),
    errored_tokens UInt64 CODEC(T64, ZSTD(1)),
    retry_tokens UInt64 CODEC(T64, ZSTD(1)),
    duplicate_tokens UInt64 CODEC(T64, ZSTD(1)),
    loop_tokens UInt64 CODEC(T64, ZSTD(1)),
    idle_tokens UInt64 CODEC(T64, ZSTD(1)),
    human_turns UInt64 CODEC(T64, ZSTD(1)),
    tool_calls UInt64 CODEC(T64, ZSTD(1)),
    tasks_done UInt64 CODEC(T64, ZSTD(1)),
    tasks_failed UInt64 CODEC(T64, ZSTD(1)),
    tasks_abandoned UInt64 CODEC(T64, ZSTD(1)),
    tasks_reverted UInt64 CODEC(T64, ZSTD(1)),
    tasks_scored UInt64 CODEC(T64, ZSTD(1)),
    unattributed_tokens UInt64 CODEC(T64, ZSTD(1)) COMMENT 'the part of gross_tokens whose user nobody knows',
    cost_usd Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    waste_usd Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    waste_usd_by_rule Array(Float64) CODEC(ZSTD(1)) COMMENT 'waste_usd of each row of the source shared out by tokens: quarantined, errored, retry, duplicate, loop, idle',
    review_minutes Float64 CODEC(ZSTD(1)),
    task_scores Float64 CODEC(ZSTD(1)),
    latency Array(UInt32) CODEC(ZSTD(1)) COMMENT 'as in team_usage_1d'
)
ENGINE = {engine:MergeTree}
PARTITION BY toYear(day)
ORDER BY (dimensions, day, generation, team, model, agent)
