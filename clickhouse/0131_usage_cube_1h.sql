-- Usage by hour over sets of dimensions: the newest generations of usage_cube_1h_rows. Choose one set by dimensions.
CREATE OR REPLACE VIEW {db}.usage_cube_1h {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.usage_cube_1h_rows
WHERE (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'cube_1h')
