-- What each person used on each of the fourteen days up to the standings: the trend beside the board. Read standing_trends.
CREATE TABLE IF NOT EXISTS {db}.standing_trend_rows {on_cluster}
(
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    name String CODEC(ZSTD(1)) COMMENT 'as in standings; who chose not to be named has no trend',
    daily Array(UInt64) CODEC(ZSTD(1)) COMMENT 'net tokens, the last is of today'
)
ENGINE = {engine:MergeTree}
ORDER BY (generation, name)
