-- From when on a person is in a tier: by net tokens in 30 days (other windows are measured in proportion), or by the
-- share of people who stand as high, where the setting 'tiers' says so.
CREATE TABLE IF NOT EXISTS {db}.tiers {on_cluster}
(
    tier LowCardinality(String),
    min_tokens UInt64,
    top_share Float64 COMMENT '0.1: the top tenth of the people in the window',
    changed DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree(changed)}
ORDER BY tier
