-- What each session did on each day, by whom and with what: the hours of session_rows that agree in that, added up. Most
-- sessions have one row in a month. To count sessions and to find the heaviest without bringing all their rows together,
-- those with several rows are told apart by kind:
--
-- 0  the session has no other row that day, and on no other day that was already here when this day was made
-- 1  it has others
-- 2  a copy of another day's row of kind 0, of a session that this day has, too. It holds while of_generation is the one
--    of that day that is read: later ones know of this day and have kind 1 themselves.
--
-- So whatever days are looked at, no two of a session's rows there have kind 0, and of a session that has several rows
-- those of kinds 1 and 2 are all. Days more than 92 apart are not compared. Who looks for the first 200 of kind 0 finds them
-- in the first levels. Recomputed day by day; read session_days.
CREATE TABLE IF NOT EXISTS {db}.session_day_rows {on_cluster}
(
    day Date CODEC(Delta(2), ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    kind UInt8 CODEC(ZSTD(1)),
    level UInt8 CODEC(ZSTD(1)) COMMENT 'of kind 0: 0 among the first 200 of its day, those that circle first, then by gross_tokens; 1 among those of its agents and models; else 2',
    of_day Date CODEC(ZSTD(1)) COMMENT 'when it was; day itself but in copies',
    of_generation UInt64 CODEC(ZSTD(1)),
    session UInt64 CODEC(ZSTD(1)) COMMENT 'sipHash64 of session_id',
    session_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)) COMMENT 'as the calls told',
    team LowCardinality(String),
    agents LowCardinality(String) COMMENT 'names, each between line feeds',
    models LowCardinality(String) COMMENT 'names, each between line feeds',
    first_ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    last_ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)) COMMENT 'end of the last call',
    calls UInt64 CODEC(T64, ZSTD(1)),
    failed_calls UInt64 CODEC(T64, ZSTD(1)),
    unattended_calls UInt64 CODEC(T64, ZSTD(1)) COMMENT 'in hours in which no human spoke',
    human_turns UInt64 CODEC(T64, ZSTD(1)),
    tool_calls UInt64 CODEC(T64, ZSTD(1)),
    gross_tokens UInt64 CODEC(T64, ZSTD(1)),
    net_tokens UInt64 CODEC(T64, ZSTD(1)),
    loop_tokens UInt64 CODEC(T64, ZSTD(1)),
    idle_tokens UInt64 CODEC(T64, ZSTD(1)),
    heaviest_hour UInt64 CODEC(T64, ZSTD(1)) COMMENT 'gross tokens of the hour with most: the user and team of a session are those of its heaviest hour',
    cost_usd Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    largest_input UInt32 CODEC(T64, ZSTD(1)),
    agent_depth UInt16 CODEC(T64, ZSTD(1)),
    INDEX idx_user user_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(day)
ORDER BY (day, generation, kind, level, team)
TTL day + INTERVAL {fact_days} DAY
SETTINGS index_granularity = 2048
