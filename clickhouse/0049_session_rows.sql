-- What each session did in each hour, by whom: recomputed with the usage, read through the view sessions.
CREATE TABLE IF NOT EXISTS {db}.session_rows {on_cluster}
(
    hour DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    team LowCardinality(String),
    project LowCardinality(String),
    service LowCardinality(String),
    agents Array(LowCardinality(String)) CODEC(ZSTD(1)),
    models Array(LowCardinality(String)) CODEC(ZSTD(1)),
    tasks Array(String) CODEC(ZSTD(1)),
    first_ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    last_ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)) COMMENT 'end of the last call',
    first_human_ts Nullable(DateTime64(6, 'UTC')) CODEC(ZSTD(1)),
    last_human_ts Nullable(DateTime64(6, 'UTC')) CODEC(ZSTD(1)),
    calls UInt64 CODEC(T64, ZSTD(1)),
    failed_calls UInt64 CODEC(T64, ZSTD(1)),
    unknown_calls UInt64 CODEC(T64, ZSTD(1)),
    unpriced_calls UInt64 CODEC(T64, ZSTD(1)),
    human_turns UInt64 CODEC(T64, ZSTD(1)),
    tool_calls UInt64 CODEC(T64, ZSTD(1)),
    gross_tokens UInt64 CODEC(T64, ZSTD(1)),
    net_tokens UInt64 CODEC(T64, ZSTD(1)),
    cost_usd Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    first_input UInt32 CODEC(T64, ZSTD(1)) COMMENT 'input tokens of the first call in the hour',
    largest_input UInt32 CODEC(T64, ZSTD(1)) COMMENT 'tokens of the longest context in the hour',
    input_tokens UInt64 CODEC(T64, ZSTD(1)),
    output_tokens UInt64 CODEC(T64, ZSTD(1)),
    agent_depth UInt16 CODEC(T64, ZSTD(1))
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, generation, session_id, user_id)
TTL hour + INTERVAL {fact_days} DAY
