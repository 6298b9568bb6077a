-- How many net tokens a week a person is expected to use: a target of their own goes before their team's, and that before
-- everybody's. The row with the newest valid_from that is not after the week holds; zero means: nothing is expected.
CREATE TABLE IF NOT EXISTS {db}.targets {on_cluster}
(
    scope LowCardinality(String) COMMENT 'user, team, everybody',
    name String COMMENT 'person_id or user.id; the team''s name; empty for everybody',
    weekly_tokens UInt64,
    valid_from Date DEFAULT toDate('1970-01-01') COMMENT 'a Monday',
    changed DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree(changed)}
ORDER BY (scope, name, valid_from)
