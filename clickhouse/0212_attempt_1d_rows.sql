-- How calls ended, by day: attempts_1h summed up with the cube of its day, as a new generation. Read attempts_1d.
CREATE TABLE IF NOT EXISTS {db}.attempt_1d_rows {on_cluster}
(
    day Date CODEC(Delta, ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    team LowCardinality(String),
    agent LowCardinality(String),
    model LowCardinality(String),
    error_type LowCardinality(String) COMMENT 'empty: the call succeeded',
    calls UInt64 CODEC(T64, ZSTD(1)),
    further_attempts UInt64 CODEC(T64, ZSTD(1)) COMMENT 'of these calls, the second and later tries'
)
ENGINE = {engine:MergeTree}
PARTITION BY toYear(day)
ORDER BY (day, generation, team, model, agent)
