-- Marks the slots that an insert touches. It hangs on emissions, not on the raw table: the engine makes a view's
-- rows visible after those of its source, so whoever sees the mark sees the rows.
CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.dirty_slots_mv {on_cluster}
TO {db}.dirty_slots
AS SELECT
    slot,
    toUInt64(1) AS marks,
    count() AS rows
FROM {db}.emissions
GROUP BY slot
