-- Usage by hour: the newest generations of usage_1h_rows.
CREATE OR REPLACE VIEW {db}.usage_1h {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.usage_1h_rows
WHERE (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'usage_1h')
