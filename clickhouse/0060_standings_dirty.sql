-- One unit, the standings: usage, sessions, people, tiers or titles changed, or a new hour began. The
-- first number in the hash is the version of what the stage writes.
CREATE OR REPLACE VIEW {db}.standings_dirty {on_cluster} AS
SELECT toDateTime(0, 'UTC') AS unit, now_inputs.inputs AS inputs, toUInt64(1) AS rows
FROM
(
    SELECT
        cityHash64(
            3, toStartOfHour(now('UTC')), aliases, board,
            (SELECT groupBitXor(cityHash64(stage, unit, since)) FROM {db}.current
                WHERE stage IN ('usage_1d', 'sessions') AND unit > now() - INTERVAL 93 DAY)) AS inputs
    FROM {db}.reference_state
) AS now_inputs
LEFT JOIN (SELECT 1 AS one, generation, inputs FROM {db}.current WHERE stage = 'standings') AS done ON done.one = 1
WHERE done.generation = 0 OR done.inputs != now_inputs.inputs
