-- How many of each team's people were active in each of the last weeks: made with the standings, so that nobody who looks
-- has to sum everybody's weeks. Read standing_adoption.
CREATE TABLE IF NOT EXISTS {db}.standing_adoption_rows {on_cluster}
(
    generation UInt64 CODEC(Delta(8), ZSTD(1)),
    week Date,
    team String,
    people UInt64,
    active UInt64
)
ENGINE = {engine:MergeTree}
ORDER BY (generation, week, team)
