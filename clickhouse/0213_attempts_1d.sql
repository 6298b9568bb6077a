-- How calls ended, by day: the newest generations of attempt_1d_rows.
CREATE OR REPLACE VIEW {db}.attempts_1d {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.attempt_1d_rows
WHERE (toDateTime(day, 'UTC'), generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'cube_1d')
