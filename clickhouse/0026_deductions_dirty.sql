-- The hours whose deductions must be recomputed: their calls changed, or those of the hour before, that are looked back to.
CREATE OR REPLACE VIEW {db}.deductions_dirty {on_cluster} AS
SELECT hours.hour AS unit, hours.inputs AS inputs, hours.rows AS rows
FROM
(
    SELECT
        toStartOfHour(reached) AS hour,
        groupBitXor(cityHash64(slot, since)) AS inputs,
        sumIf(slot_rows, hour = toStartOfHour(slot)) AS rows
    FROM
    (
        SELECT
            unit AS slot, since, rows AS slot_rows,
            arrayJoin([unit, unit + INTERVAL 1 HOUR]) AS reached
        FROM {db}.current
        WHERE stage = 'calls'
    )
    GROUP BY hour
    HAVING countIf(hour = toStartOfHour(slot)) > 0
) AS hours
LEFT JOIN (SELECT unit, generation, inputs FROM {db}.current WHERE stage = 'deductions') AS done ON done.unit = hours.hour
WHERE done.generation = 0 OR done.inputs != hours.inputs
