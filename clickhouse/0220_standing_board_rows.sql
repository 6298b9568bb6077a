-- The board of people, ready for the windows that panels ask for: of everything, of each model alone and of each agent
-- alone. In the order of the ranks, so that the first of a board are read without the others. Read standing_board.
CREATE TABLE IF NOT EXISTS {db}.standing_board_rows {on_cluster}
(
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    window_hours UInt16 COMMENT '168, 720 and 2160: whole days (UTC), today included; 24: the hour of made and the 24 before it',
    model LowCardinality(String) COMMENT '*: every model',
    agent LowCardinality(String) COMMENT '*: every agent',
    place UInt32 COMMENT 'the rank; 0 for the unattributed and for who chose to be hidden',
    made DateTime('UTC') COMMENT 'the hour of the standings',
    name String CODEC(ZSTD(1)) COMMENT 'as in standings',
    prev_rank Nullable(UInt32),
    display_name String CODEC(ZSTD(1)),
    team LowCardinality(String),
    tier LowCardinality(String),
    titles Array(LowCardinality(String)),
    gross_tokens UInt64 CODEC(T64, ZSTD(1)),
    net_tokens UInt64 CODEC(T64, ZSTD(1)),
    cost_usd Nullable(Decimal(38, 12)) CODEC(ZSTD(1)),
    calls UInt64 CODEC(T64, ZSTD(1)),
    unknown_calls UInt64 CODEC(T64, ZSTD(1)),
    unpriced_calls UInt64 CODEC(T64, ZSTD(1)),
    sessions Nullable(UInt64) CODEC(ZSTD(1)) COMMENT 'NULL: not counted for one model or agent',
    models UInt64 CODEC(T64, ZSTD(1)),
    input_tokens UInt64 CODEC(T64, ZSTD(1)),
    cache_read_tokens UInt64 CODEC(T64, ZSTD(1)),
    tasks_completed Nullable(UInt64) CODEC(ZSTD(1)) COMMENT 'NULL: nobody says which model or agent a task belongs to'
)
ENGINE = {engine:MergeTree}
ORDER BY (generation, window_hours, model, agent, place)
