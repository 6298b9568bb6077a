-- The days whose usage must be recomputed: an hour of theirs changed, or who is who; of the days that standings look at,
-- also who is in which team.
CREATE OR REPLACE VIEW {db}.usage_1d_dirty {on_cluster} AS
SELECT days.unit AS unit, days.inputs AS inputs, days.rows AS rows
FROM
(
    SELECT
        toStartOfDay(hour) AS unit,
        cityHash64(
            groupBitXor(cityHash64(hour, since)),
            (SELECT groupBitXor(cityHash64(alias, person)) FROM {db}.person_of),
            if(unit > now() - INTERVAL 92 DAY,
                (SELECT groupBitXor(cityHash64(person_id, team)) FROM {db}.people FINAL WHERE team != ''), 0)) AS inputs,
        sum(hour_rows) AS rows
    FROM (SELECT unit AS hour, since, rows AS hour_rows FROM {db}.current WHERE stage = 'usage_1h')
    GROUP BY unit
) AS days
LEFT JOIN (SELECT unit, generation, inputs FROM {db}.current WHERE stage = 'usage_1d') AS done ON done.unit = days.unit
WHERE done.generation = 0 OR done.inputs != days.inputs
