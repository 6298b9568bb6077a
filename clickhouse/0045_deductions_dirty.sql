-- The hours whose deductions must be recomputed: their calls changed, those of the hour before, or the turns of the six
-- hours before, that are looked back to.
CREATE OR REPLACE VIEW {db}.deductions_dirty {on_cluster} AS
SELECT hours.hour AS unit, hours.inputs AS inputs, hours.rows AS rows
FROM
(
    SELECT hour, groupBitXor(fingerprint) AS inputs, sum(weight) AS rows
    FROM
    (
        SELECT
            arrayJoin([toStartOfHour(unit), toStartOfHour(unit) + INTERVAL 1 HOUR]) AS hour,
            cityHash64('calls', unit, since) AS fingerprint,
            if(hour = toStartOfHour(unit), call_rows, 0) AS weight,
            hour = toStartOfHour(unit) AS own
        FROM (SELECT unit, since, rows AS call_rows FROM {db}.current WHERE stage = 'calls')
        UNION ALL
        SELECT arrayJoin(arrayMap(n -> unit + INTERVAL n HOUR, range(7))), cityHash64('turns', unit, since), 0, false
        FROM {db}.current
        WHERE stage = 'turns'
    )
    GROUP BY hour
    HAVING max(own)
) AS hours
LEFT JOIN (SELECT unit, generation, inputs FROM {db}.current WHERE stage = 'deductions') AS done ON done.unit = hours.hour
WHERE done.generation = 0 OR done.inputs != hours.inputs
