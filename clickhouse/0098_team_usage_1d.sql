-- Usage by day without people: the newest generations of team_usage_1d_rows.
CREATE OR REPLACE VIEW {db}.team_usage_1d {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.team_usage_1d_rows
WHERE (toDateTime(day, 'UTC'), generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'usage_1d')
