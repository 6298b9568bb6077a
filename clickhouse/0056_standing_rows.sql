-- The standings, whole, as of each recomputation. Read leaderboard or standings.
CREATE TABLE IF NOT EXISTS {db}.standing_rows {on_cluster}
(
    generation UInt64,
    window_days UInt16 COMMENT 'calendar days (UTC), today included',
    subject LowCardinality(String) COMMENT 'user, team, model, agent',
    name String COMMENT 'of the subject; empty for what has none. People who chose so stand under their pseudonym',
    rank Nullable(UInt32) COMMENT 'by net tokens; NULL for the unattributed and for who chose to be hidden',
    gross_rank Nullable(UInt32),
    prev_rank Nullable(UInt32) COMMENT 'in the same window a day earlier; NULL for a newcomer',
    display_name String,
    team LowCardinality(String),
    gross_tokens UInt64,
    net_tokens UInt64,
    tier LowCardinality(String),
    titles Array(LowCardinality(String)),
    cost_usd Nullable(Decimal(38, 12)),
    calls UInt64,
    failed_calls UInt64,
    unknown_calls UInt64,
    unpriced_calls UInt64,
    sessions UInt64,
    models UInt64,
    input_tokens UInt64,
    cache_read_tokens UInt64,
    cache_read_ratio Nullable(Float64),
    tasks_completed UInt64,
    tasks_failed UInt64,
    cost_per_completed_task Nullable(Decimal(38, 12)),
    waste_tokens UInt64,
    people UInt64 COMMENT 'distinct known users'
)
ENGINE = {engine:MergeTree}
ORDER BY (generation, window_days, subject, name)
