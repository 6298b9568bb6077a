-- when: SELECT count() > 0 FROM {db}.current WHERE stage = 'usage_1h' AND unit IN ({hours}) AND generation < dateTime64ToSnowflakeID(greatest((SELECT max(changed) FROM {db}.people), (SELECT max(changed) FROM {db}.aliases)))
-- The ten minutes of these days that were made before somebody was listed or named anew: they may have calls under the
-- team that a person has left since. An hour of which not all such sums are there (any more) is left out, and stays as it is.
INSERT INTO moved
WITH
    told AS
    (
        SELECT DISTINCT
            unit AS slot, if(stage = 'calls', c.generation, c.previous) AS generation, toStartOfHour(unit) AS hour
        FROM {db}.current AS c
        WHERE stage IN ('calls', 'calls_base') AND rows > 0 AND hour IN
        (
            SELECT unit
            FROM {db}.current
            WHERE stage = 'usage_1h' AND unit IN ({hours})
                AND generation < dateTime64ToSnowflakeID(greatest(
                    (SELECT max(changed) FROM {db}.people), (SELECT max(changed) FROM {db}.aliases)))
        )
    ),
    kept AS (SELECT slot, generation FROM {db}.usage_slot_rows WHERE slot IN (SELECT slot FROM told))
SELECT slot, generation, hour
FROM told
WHERE hour NOT IN (SELECT hour FROM told WHERE (slot, generation) NOT IN (SELECT slot, generation FROM kept))
