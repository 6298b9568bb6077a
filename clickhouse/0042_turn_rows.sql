-- When each session was at work in each hour, and when a human spoke in it: what idle burn is told by.
CREATE TABLE IF NOT EXISTS {db}.turn_rows {on_cluster}
(
    hour DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    first_ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    first_human Nullable(DateTime64(6, 'UTC')) CODEC(ZSTD(1)),
    last_human Nullable(DateTime64(6, 'UTC')) CODEC(ZSTD(1))
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, generation, session_id)
TTL hour + INTERVAL {fact_days} DAY
