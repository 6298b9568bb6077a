-- The newest standings, every window.
CREATE OR REPLACE VIEW {db}.standings {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.standing_rows
WHERE generation = (SELECT max(generation) FROM {db}.generations WHERE stage = 'standings')
