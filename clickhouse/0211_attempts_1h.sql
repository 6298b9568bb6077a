-- How calls ended, by hour: the newest generations of attempt_1h_rows.
CREATE OR REPLACE VIEW {db}.attempts_1h {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.attempt_1h_rows
WHERE (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'cube_1h')
