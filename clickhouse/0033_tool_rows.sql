-- One row per tool that was run (an execute_tool span) and generation of the stage calls. Tools that answers asked for
-- stand with the calls; session_steps brings the two together.
CREATE TABLE IF NOT EXISTS {db}.tool_rows {on_cluster}
(
    slot DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    duration_ms Float32 CODEC(ZSTD(1)),
    name LowCardinality(String),
    tool_call_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    team LowCardinality(String),
    project LowCardinality(String),
    service LowCardinality(String),
    agent LowCardinality(String),
    agent_depth UInt16 CODEC(T64, ZSTD(1)),
    session_id String CODEC(ZSTD(1)) COMMENT 'as told, else that of the calls in its trace',
    task_id String CODEC(ZSTD(1)),
    status LowCardinality(String),
    error_type LowCardinality(String),
    emitter LowCardinality(String),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(ZSTD(1)),
    parent_span_id FixedString(8) CODEC(ZSTD(1)),
    INDEX idx_ts ts TYPE minmax GRANULARITY 1,
    INDEX idx_session session_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(slot)
ORDER BY (slot, generation, user_id, session_id, ts)
TTL slot + INTERVAL {fact_days} DAY
