-- What all sessions together did on each day, by the agents and models that each worked with, and the same by team.
-- Recomputed with session_day_rows; read session_sums.
CREATE TABLE IF NOT EXISTS {db}.session_sum_rows {on_cluster}
(
    day Date CODEC(Delta(2), ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    by_team Bool COMMENT 'whether teams are told apart',
    team LowCardinality(String),
    agents LowCardinality(String),
    models LowCardinality(String),
    single_sessions UInt64 CODEC(T64, ZSTD(1)) COMMENT 'rows of kind 0',
    calls UInt64 CODEC(T64, ZSTD(1)),
    failed_calls UInt64 CODEC(T64, ZSTD(1)),
    human_turns UInt64 CODEC(T64, ZSTD(1)),
    gross_tokens UInt64 CODEC(T64, ZSTD(1)),
    net_tokens UInt64 CODEC(T64, ZSTD(1)),
    cost_usd Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    largest_input UInt32 CODEC(T64, ZSTD(1)),
    agent_depth UInt16 CODEC(T64, ZSTD(1))
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(day)
ORDER BY (by_team, day, generation, team)
TTL day + INTERVAL {fact_days} DAY
