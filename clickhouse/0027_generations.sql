-- What each stage of recomputation has done for each unit of its (ten minutes, an hour, a day): only rows of the
-- newest generation written here are read; a generation that a crash left half written is never named here.
--
-- inputs  fingerprint of what was read, noted before it was read; the unit is dirty while it differs from now
-- content fingerprint of what was written
-- since   the first generation of the present content: what a later stage compares, so that recomputing
--         without a change ripples no further
CREATE TABLE IF NOT EXISTS {db}.generations {on_cluster}
(
    stage LowCardinality(String) COMMENT 'calls, turns, deductions, usage_1h, sessions, usage_1d, standings; all: the whole was up to date',
    unit DateTime('UTC'),
    generation UInt64 COMMENT 'snowflake id, drawn before anything was read',
    inputs UInt64,
    content UInt64,
    since UInt64,
    tail UInt64 COMMENT 'calls: fingerprint of the derived sessions that later units may go on with',
    rows UInt64,
    previous UInt64 COMMENT 'the generation that was read until now: kept for a while for those who are reading it',
    swept Bool COMMENT 'no rows of earlier generations are left'
)
ENGINE = {engine:ReplacingMergeTree(generation)}
ORDER BY (stage, unit)
