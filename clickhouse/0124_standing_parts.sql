-- The newest standings by model and agent, every window.
CREATE OR REPLACE VIEW {db}.standing_parts {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.standing_part_rows
WHERE generation IN (SELECT generation FROM {db}.current WHERE stage = 'standings')
