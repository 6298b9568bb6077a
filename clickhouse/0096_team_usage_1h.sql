-- Usage by hour without people: the newest generations of team_usage_1h_rows.
CREATE OR REPLACE VIEW {db}.team_usage_1h {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.team_usage_1h_rows
WHERE (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'usage_1h')
