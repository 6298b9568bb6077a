-- Every generation that was begun, noted before its first row: what is neither current nor previous any more is removed.
CREATE TABLE IF NOT EXISTS {db}.attempts {on_cluster}
(
    stage LowCardinality(String),
    unit DateTime('UTC'),
    generation UInt64,
    begun DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:MergeTree}
ORDER BY (stage, unit, generation)
