-- The standings of people split by model and agent: what boards with a filter read. Read the view standing_parts.
CREATE TABLE IF NOT EXISTS {db}.standing_part_rows {on_cluster}
(
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    window_days UInt16,
    model LowCardinality(String),
    agent LowCardinality(String),
    name String CODEC(ZSTD(1)) COMMENT 'as in standings',
    display_name String CODEC(ZSTD(1)),
    team LowCardinality(String),
    tier LowCardinality(String),
    titles Array(LowCardinality(String)),
    is_ranked Bool COMMENT 'false: unattributed, or hidden by choice',
    in_window Bool COMMENT 'false: only in the window that ended yesterday',
    net_before UInt64 CODEC(T64, ZSTD(1)) COMMENT 'in the window that ended yesterday',
    was_there Bool,
    gross_tokens UInt64 CODEC(T64, ZSTD(1)),
    net_tokens UInt64 CODEC(T64, ZSTD(1)),
    cost_usd Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    calls UInt64 CODEC(T64, ZSTD(1)),
    failed_calls UInt64 CODEC(T64, ZSTD(1)),
    unknown_calls UInt64 CODEC(T64, ZSTD(1)),
    unpriced_calls UInt64 CODEC(T64, ZSTD(1)),
    input_tokens UInt64 CODEC(T64, ZSTD(1)),
    output_tokens UInt64 CODEC(T64, ZSTD(1)),
    cache_read_tokens UInt64 CODEC(T64, ZSTD(1)),
    human_turns UInt64 CODEC(T64, ZSTD(1)),
    duration_ms Float64 CODEC(ZSTD(1))
)
ENGINE = {engine:MergeTree}
ORDER BY (generation, window_days, model, agent, name)
