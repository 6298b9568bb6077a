-- Usage by day over sets of dimensions: the newest generations of usage_cube_1d_rows. Choose one set by dimensions.
CREATE OR REPLACE VIEW {db}.usage_cube_1d {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.usage_cube_1d_rows
WHERE (toDateTime(day, 'UTC'), generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'cube_1d')
