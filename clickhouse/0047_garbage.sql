-- The generations whose rows can go: superseded twice, or once and a while ago, or begun and never finished.
CREATE OR REPLACE VIEW {db}.garbage {on_cluster} AS
SELECT a.stage AS stage, a.unit AS unit, a.generation AS generation
FROM {db}.attempts AS a
LEFT JOIN {db}.current AS c ON c.stage = a.stage AND c.unit = a.unit
WHERE a.generation != c.generation AND (
    (a.generation < c.generation AND a.generation != c.previous)
    OR (a.generation = c.previous AND snowflakeIDToDateTime64(c.generation) < now64(3) - INTERVAL 1 MINUTE)
    OR a.begun < now64(3) - INTERVAL 1 HOUR)
