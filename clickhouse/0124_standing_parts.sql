-- The newest standings by model and agent, every window.
CREATE OR REPLACE VIEW {db}.standing_parts {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.standing_part_rows
WHERE generation = (SELECT max(generation) FROM {db}.generations WHERE stage = 'standings')
