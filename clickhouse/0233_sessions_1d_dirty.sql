-- The days whose sessions must be added up again: an hour of theirs changed.
CREATE OR REPLACE VIEW {db}.sessions_1d_dirty {on_cluster} AS
SELECT days.unit AS unit, days.inputs AS inputs, days.rows AS rows
FROM
(
    SELECT toStartOfDay(hour) AS unit, groupBitXor(cityHash64(hour, since)) AS inputs, sum(hour_rows) AS rows
    FROM (SELECT unit AS hour, since, rows AS hour_rows FROM {db}.current WHERE stage = 'sessions')
    GROUP BY unit
) AS days
LEFT JOIN (SELECT unit, generation, inputs FROM {db}.current WHERE stage = 'sessions_1d') AS done ON done.unit = days.unit
WHERE done.generation = 0 OR done.inputs != days.inputs
