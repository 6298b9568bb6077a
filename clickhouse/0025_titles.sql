-- Titles and the numbers in their rules, for a company to edit; enabled = false takes one away.
CREATE TABLE IF NOT EXISTS {db}.titles {on_cluster}
(
    title LowCardinality(String),
    rule LowCardinality(String) COMMENT 'top_share, connoisseur, cache, session, economy, steady: docs/books.md says what the numbers mean',
    least Float64,
    share Float64,
    description String,
    enabled Bool DEFAULT true,
    changed DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree(changed)}
ORDER BY title
