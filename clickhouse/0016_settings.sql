-- What a company can set about the board itself; the newest row of a name holds.
CREATE TABLE IF NOT EXISTS {db}.settings {on_cluster}
(
    name LowCardinality(String),
    value String,
    changed DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree(changed)}
ORDER BY name
