-- How calls ended, by hour: each kind of failure, and how many were further attempts at a call that had failed. Recomputed
-- with the cube of its hour, as a new generation. Read attempts_1h.
CREATE TABLE IF NOT EXISTS {db}.attempt_1h_rows {on_cluster}
(
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    team LowCardinality(String) COMMENT 'the person''s, as people has it, else that of the call',
    agent LowCardinality(String),
    model LowCardinality(String),
    error_type LowCardinality(String) COMMENT 'empty: the call succeeded',
    calls UInt64 CODEC(T64, ZSTD(1)),
    further_attempts UInt64 CODEC(T64, ZSTD(1)) COMMENT 'of these calls, the second and later tries'
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, generation, team, model, agent)
