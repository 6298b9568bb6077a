-- The hours whose sessions must be recomputed: their calls or deductions changed. The first number in the hash is the version
-- of what the stage writes.
CREATE OR REPLACE VIEW {db}.sessions_dirty {on_cluster} AS
SELECT hours.unit AS unit, hours.inputs AS inputs, hours.rows AS rows
FROM
(
    SELECT unit, cityHash64(2, groupBitXor(fingerprint)) AS inputs, sum(weight) AS rows
    FROM
    (
        SELECT toStartOfHour(slot) AS unit, cityHash64('calls', slot, since) AS fingerprint, weight
        FROM (SELECT unit AS slot, since, rows AS weight FROM {db}.current WHERE stage = 'calls')
        UNION ALL
        SELECT unit, cityHash64('deductions', since), 0 FROM {db}.current WHERE stage = 'deductions'
    )
    GROUP BY unit
) AS hours
LEFT JOIN (SELECT unit, generation, inputs FROM {db}.current WHERE stage = 'sessions') AS done ON done.unit = hours.unit
WHERE done.generation = 0 OR done.inputs != hours.inputs
