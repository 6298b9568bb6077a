-- Whose data were erased and when, by a hash of each of their names: calls of before that do not come in again with an
-- import. Nothing else is kept of them.
CREATE TABLE IF NOT EXISTS {db}.erased {on_cluster}
(
    name FixedString(16) COMMENT 'sipHash128 of a name as it stood in user.id',
    at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree(at)}
ORDER BY name
