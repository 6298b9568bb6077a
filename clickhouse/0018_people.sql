-- Who a person is on the board. A user nobody has entered here is a person of their own, under their id.
CREATE TABLE IF NOT EXISTS {db}.people {on_cluster}
(
    person_id String,
    display_name String,
    team String COMMENT 'empty: the team of most of their tokens',
    listing LowCardinality(String) DEFAULT 'named' COMMENT 'named; pseudonym: shown as such; hidden: not on the board, without a rank',
    pseudonym String,
    changed DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree(changed)}
ORDER BY person_id
