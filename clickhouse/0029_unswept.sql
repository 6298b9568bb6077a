-- The units of which rows of earlier generations are left. keep is the first generation that has to stay: the one before
-- the current one for a minute, for those who have begun to read it.
CREATE OR REPLACE VIEW {db}.unswept {on_cluster} AS
SELECT
    stage, unit, generation,
    snowflakeIDToDateTime64(generation) < now64(3) - INTERVAL 1 MINUTE AS settled,
    if(settled, generation, previous) AS keep
FROM {db}.current
WHERE NOT swept AND stage != 'all'
