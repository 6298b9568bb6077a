-- The newest trends of people.
CREATE OR REPLACE VIEW {db}.standing_trends {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.standing_trend_rows
WHERE generation = (SELECT max(generation) FROM {db}.generations WHERE stage = 'standings')
