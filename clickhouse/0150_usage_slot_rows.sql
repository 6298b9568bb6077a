-- What each session did in each ten minutes, by whom, where, with what: summed up once, with the calls, of whose generation
-- each row is. The hours are made from it, so that a call more costs the sum of its ten minutes, not of its hour.
-- Calls that are older than this table have no rows here: whoever reads it looks for such slots (refresh/slots).
CREATE TABLE IF NOT EXISTS {db}.usage_slot_rows {on_cluster}
(
    slot DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    team LowCardinality(String),
    project LowCardinality(String),
    service LowCardinality(String),
    agent LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    calls UInt64 CODEC(T64, ZSTD(1)),
    failed_calls UInt64 CODEC(T64, ZSTD(1)),
    unknown_calls UInt64 CODEC(T64, ZSTD(1)),
    unpriced_calls UInt64 CODEC(T64, ZSTD(1)),
    input_tokens UInt64 CODEC(T64, ZSTD(1)),
    output_tokens UInt64 CODEC(T64, ZSTD(1)),
    cache_read_tokens UInt64 CODEC(T64, ZSTD(1)),
    cache_write_tokens UInt64 CODEC(T64, ZSTD(1)),
    reasoning_tokens UInt64 CODEC(T64, ZSTD(1)),
    cost_usd Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    duration_ms Float64 CODEC(ZSTD(1)) COMMENT 'sum',
    human_turns UInt64 CODEC(T64, ZSTD(1)),
    tool_calls UInt64 CODEC(T64, ZSTD(1)),
    first_ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    last_ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)) COMMENT 'end of the last call',
    first_human_ts Nullable(DateTime64(6, 'UTC')) CODEC(ZSTD(1)),
    last_human_ts Nullable(DateTime64(6, 'UTC')) CODEC(ZSTD(1)),
    first_input UInt32 CODEC(T64, ZSTD(1)) COMMENT 'input tokens of the first call',
    largest_input UInt32 CODEC(T64, ZSTD(1)),
    agent_depth UInt16 CODEC(T64, ZSTD(1)),
    tasks Array(String) CODEC(ZSTD(1)),
    latency Array(UInt8) CODEC(ZSTD(1)) COMMENT 'of each call, which of the 40 steps of team_usage_1h it falls in'
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(slot)
ORDER BY (slot, generation, user_id, session_id)
TTL slot + INTERVAL {fact_days} DAY
