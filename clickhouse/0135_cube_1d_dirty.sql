-- The days whose usage was recomputed since their cube was. By generation: teams can change where usage by person does not.
CREATE OR REPLACE VIEW {db}.cube_1d_dirty {on_cluster} AS
SELECT now_is.unit AS unit, now_is.generation AS inputs, now_is.rows AS rows
FROM (SELECT unit, generation, rows FROM {db}.current WHERE stage = 'usage_1d') AS now_is
LEFT JOIN (SELECT unit, generation, inputs FROM {db}.current WHERE stage = 'cube_1d') AS done ON done.unit = now_is.unit
WHERE done.generation = 0 OR done.inputs != now_is.generation
