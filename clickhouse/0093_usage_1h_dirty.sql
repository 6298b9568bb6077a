-- The hours whose usage must be recomputed: their calls or deductions changed, or something was told of their tasks, there
-- or in another hour.
CREATE OR REPLACE VIEW {db}.usage_1h_dirty {on_cluster} AS
SELECT hours.unit AS unit, hours.inputs AS inputs, hours.rows AS rows
FROM
(
    SELECT unit, groupBitXor(fingerprint) AS inputs, sum(weight) AS rows
    FROM
    (
        SELECT toStartOfHour(unit) AS unit, cityHash64('calls', slot, since) AS fingerprint, weight
        FROM (SELECT unit AS slot, unit, since, rows AS weight FROM {db}.current WHERE stage = 'calls')
        UNION ALL
        SELECT unit, cityHash64('deductions', since), 0 FROM {db}.current WHERE stage = 'deductions'
        UNION ALL
        SELECT toStartOfHour(slot), cityHash64('told', slot, sum(marks)), 0 FROM {db}.dirty_slots GROUP BY slot
        UNION ALL
        SELECT hour, cityHash64('tasks', project, task_id, last_hour), 0 FROM {db}.task_hours FINAL
    )
    GROUP BY unit
) AS hours
LEFT JOIN (SELECT unit, generation, inputs FROM {db}.current WHERE stage = 'usage_1h') AS done ON done.unit = hours.unit
WHERE (done.generation = 0 OR done.inputs != hours.inputs)
    AND hours.unit > now() - INTERVAL {fact_days} DAY + INTERVAL 1 DAY
