-- The emissions that are no call of their own, by generation of the stage calls: they tell of a call that another one tells
-- more of, or were sent again with other content since. With call_rows these are all emissions that a generation has seen.
CREATE TABLE IF NOT EXISTS {db}.yielded_rows {on_cluster}
(
    slot DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(ZSTD(1)),
    content UInt64 CODEC(NONE)
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(slot)
ORDER BY (slot, generation, trace_id)
TTL slot + INTERVAL {fact_days} DAY
