-- The ledger of what changed: one more mark for a slot with every insert that touches it. A recomputation notes the
-- marks it saw before it read; a slot is dirty while its marks differ from those. Marks only ever grow, so a row
-- that arrives during a recomputation leaves its slot dirty, and a crash at any moment loses nothing.
CREATE TABLE IF NOT EXISTS {db}.dirty_slots {on_cluster}
(
    slot DateTime('UTC'),
    marks UInt64,
    rows UInt64 COMMENT 'rows inserted, replays included: a measure of the work'
)
ENGINE = {engine:SummingMergeTree((marks, rows))}
ORDER BY slot
