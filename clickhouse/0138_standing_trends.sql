-- The newest trends of people.
CREATE OR REPLACE VIEW {db}.standing_trends {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.standing_trend_rows
WHERE generation IN (SELECT generation FROM {db}.current WHERE stage = 'standings')
