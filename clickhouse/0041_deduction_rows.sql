-- The calls whose tokens do not count for net, each with the one rule that took it, in this order of rules:
--  1 quarantined  the reported cost is outside 0.1 to 3 times the list price; where there is none, above 2,000 dollars a
--                 million tokens
--  2 errored      the call failed, and was billed
--  3 retry        another try after one that had already succeeded
--  4 duplicate    the same whole request of the same user to the same model, within an hour
--  5 loop         a step that a loop repeated
--  6 idle         work in a session that no human has touched for hours
-- A first occurrence always counts; a call whose usage is unknown has nothing to deduct.
CREATE TABLE IF NOT EXISTS {db}.deduction_rows {on_cluster}
(
    hour DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    rule LowCardinality(String),
    user_id String CODEC(ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    provider LowCardinality(String),
    model LowCardinality(String),
    tokens UInt64 CODEC(T64, ZSTD(1)),
    cost_usd Nullable(Decimal(18, 12)) CODEC(ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(ZSTD(1)),
    because String CODEC(ZSTD(1)) COMMENT 'call_id of what it repeats, where it repeats something'
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, generation, user_id, ts)
TTL hour + INTERVAL {fact_days} DAY
