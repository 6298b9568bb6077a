-- Net tokens in 30 days from which a person is in a tier; other windows are measured in proportion.
CREATE TABLE IF NOT EXISTS {db}.tiers {on_cluster}
(
    tier LowCardinality(String),
    min_tokens UInt64,
    changed DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree(changed)}
ORDER BY tier
