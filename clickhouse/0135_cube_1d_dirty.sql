-- The days whose usage was recomputed since their cube was, or an hour's cube of theirs. By generation: teams and the kinds
-- of failures can change where usage by person does not.
CREATE OR REPLACE VIEW {db}.cube_1d_dirty {on_cluster} AS
SELECT days.unit AS unit, days.inputs AS inputs, days.rows AS rows
FROM
(
    SELECT usage.unit AS unit, cityHash64(usage.generation, hours.made) AS inputs, usage.rows AS rows
    FROM (SELECT unit, generation, rows FROM {db}.current WHERE stage = 'usage_1d') AS usage
    LEFT JOIN
    (
        SELECT toStartOfDay(hour) AS unit, groupBitXor(cityHash64(hour, generation)) AS made
        FROM (SELECT unit AS hour, generation FROM {db}.current WHERE stage = 'cube_1h')
        GROUP BY unit
    ) AS hours ON hours.unit = usage.unit
) AS days
LEFT JOIN (SELECT unit, generation, inputs FROM {db}.current WHERE stage = 'cube_1d') AS done ON done.unit = days.unit
WHERE done.generation = 0 OR done.inputs != days.inputs
