-- One row per thing an emitter said happened: a model call, a tool run, an agent run or a task, in one shape
-- whatever the emitter. The same span may be delivered any number of times in any batches; it stays one row.
--
-- slot      the ten minutes it falls in: the unit of recomputation, so first in the key
-- content   hash of everything the emitter said. A span sent again with other content (a correction) is a
--           second row; the one first seen last is the one that counts, so that replaying an old batch never
--           undoes a correction
-- seniority minus the microsecond at which it was stored: the engine keeps the greatest, that is the earliest
-- flaws     why the counts or names cannot be trusted; such a row stays a call, with unknown usage
-- Counts are NULL when the emitter did not say, or said nonsense. Input includes cache; cache, reasoning and
-- audio are subsets. Names are cut at 256 characters and made valid UTF-8.
CREATE TABLE IF NOT EXISTS {db}.emissions {on_cluster}
(
    slot DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    kind LowCardinality(String) COMMENT 'call, tool, agent, task',
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(ZSTD(1)),
    content UInt64 CODEC(ZSTD(1)),
    seniority Int64 CODEC(Delta(8), ZSTD(1)),
    parent_span_id FixedString(8) CODEC(ZSTD(1)),
    ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    duration_ns UInt64 CODEC(T64, ZSTD(1)),
    emitter LowCardinality(String) COMMENT 'instrumentation scope, or the name of a coding agent',
    service LowCardinality(String),
    project LowCardinality(String),
    user_id String CODEC(ZSTD(1)),
    user_source LowCardinality(String),
    end_user_id String CODEC(ZSTD(1)),
    team LowCardinality(String),
    agent LowCardinality(String),
    agent_depth UInt16 CODEC(T64, ZSTD(1)),
    session_id String CODEC(ZSTD(1)) COMMENT 'as told; empty when only the wire can tell',
    conversation String CODEC(ZSTD(1)) COMMENT 'keyed hash of the first messages',
    task_id String CODEC(ZSTD(1)),
    trigger LowCardinality(String) COMMENT 'user, tool, assistant, system; empty when unknown',
    operation LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String) COMMENT 'as answered, else as asked',
    request_model LowCardinality(String),
    response_id String CODEC(ZSTD(1)),
    provider_request_id String CODEC(ZSTD(1)),
    input_tokens Nullable(UInt32) CODEC(ZSTD(1)),
    output_tokens Nullable(UInt32) CODEC(ZSTD(1)),
    cache_read_tokens Nullable(UInt32) CODEC(ZSTD(1)),
    cache_write_tokens Nullable(UInt32) CODEC(ZSTD(1)),
    cache_write_1h_tokens Nullable(UInt32) CODEC(ZSTD(1)),
    reasoning_tokens Nullable(UInt32) CODEC(ZSTD(1)),
    audio_input_tokens Nullable(UInt32) CODEC(ZSTD(1)),
    audio_output_tokens Nullable(UInt32) CODEC(ZSTD(1)),
    ttft_ms Nullable(Float32) CODEC(ZSTD(1)),
    service_tier LowCardinality(String),
    reported_cost_usd Nullable(Decimal(18, 12)) CODEC(ZSTD(1)),
    status LowCardinality(String) COMMENT 'ok, error',
    error_type LowCardinality(String),
    http_status UInt16 CODEC(T64, ZSTD(1)) COMMENT '0 when unknown',
    finish_reason LowCardinality(String),
    attempt UInt16 CODEC(T64, ZSTD(1)) COMMENT '0 when unknown',
    request_messages Nullable(UInt32) CODEC(ZSTD(1)),
    request_bytes Nullable(UInt64) CODEC(ZSTD(1)),
    prompt_hash String CODEC(ZSTD(1)),
    tool_names Array(LowCardinality(String)) CODEC(ZSTD(1)) COMMENT 'asked for by the answer; of a tool run, its name',
    tool_hashes Array(String) CODEC(ZSTD(1)) COMMENT 'keyed hash of name and arguments, one per name; of a tool run, its call id',
    result_hashes Array(String) CODEC(ZSTD(1)) COMMENT 'keyed hashes of the tool results in the newest turn of the request',
    outcome LowCardinality(String) COMMENT 'of a task',
    review_minutes Nullable(Float64) CODEC(ZSTD(1)),
    score Nullable(Float64) CODEC(ZSTD(1)),
    reason String CODEC(ZSTD(1)) COMMENT 'of a failed task',
    flaws Array(LowCardinality(String)) COMMENT 'count, subset, name, utf8'
)
ENGINE = {engine:ReplacingMergeTree(seniority)}
PARTITION BY toYYYYMM(slot)
PRIMARY KEY (slot, kind, trace_id)
ORDER BY (slot, kind, trace_id, span_id, content)
TTL slot + INTERVAL {fact_days} DAY
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 0
