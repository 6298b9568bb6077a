-- What a person or a team may spend in a calendar month (UTC). The row with the newest valid_from that is not after the
-- month holds; zero dollars mean: no budget from then on.
CREATE TABLE IF NOT EXISTS {db}.budgets {on_cluster}
(
    scope LowCardinality(String) COMMENT 'user, team',
    name String COMMENT 'person_id or user.id; the team''s name',
    monthly_usd Decimal(18, 6),
    valid_from Date DEFAULT toDate('1970-01-01') COMMENT 'first day of a month',
    changed DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree(changed)}
ORDER BY (scope, name, valid_from)
