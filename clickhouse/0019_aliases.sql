-- The names under which emitters know a person: an e-mail address, a login, an account of a coding agent.
-- Changing one re-attributes history: rollups by day are made anew, everything else looks here as it is read.
CREATE TABLE IF NOT EXISTS {db}.aliases {on_cluster}
(
    value String COMMENT 'as it stands in user.id',
    kind LowCardinality(String) COMMENT 'email, login, claude_account, codex_account, …',
    person_id String COMMENT 'empty: no longer anybody''s',
    changed DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree(changed)}
ORDER BY (value, kind)
