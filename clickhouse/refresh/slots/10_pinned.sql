-- The calls that these hours are made of, slot by slot, all of one look; kept where their sums are.
CREATE TEMPORARY TABLE pinned AS
SELECT
    unit AS slot, generation,
    (unit, generation) IN (SELECT slot, generation FROM {db}.usage_slot_rows WHERE slot IN ({slots})) AS kept
FROM {db}.current
WHERE stage = 'calls' AND unit IN ({slots}) AND rows > 0
