-- The calls that these hours are made of, slot by slot, all of one look; kept where their sums are.
CREATE TEMPORARY TABLE pinned AS
SELECT DISTINCT
    unit AS slot, if(stage = 'calls', c.generation, c.previous) AS generation,
    (slot, generation) IN (SELECT slot, generation FROM {db}.usage_slot_rows WHERE slot IN ({slots})) AS kept
FROM {db}.current AS c
WHERE stage IN ('calls', 'calls_base') AND unit IN ({slots}) AND rows > 0
