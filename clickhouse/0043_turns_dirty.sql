-- The hours whose turns must be recomputed: their calls changed.
CREATE OR REPLACE VIEW {db}.turns_dirty {on_cluster} AS
SELECT hours.unit AS unit, hours.inputs AS inputs, hours.rows AS rows
FROM
(
    SELECT toStartOfHour(slot) AS unit, groupBitXor(cityHash64(slot, since)) AS inputs, sum(slot_rows) AS rows
    FROM (SELECT unit AS slot, since, rows AS slot_rows FROM {db}.current WHERE stage = 'calls')
    GROUP BY unit
) AS hours
LEFT JOIN (SELECT unit, generation, inputs FROM {db}.current WHERE stage = 'turns') AS done ON done.unit = hours.unit
WHERE done.generation = 0 OR done.inputs != hours.inputs
