-- Makes a generation the one that is read, unit by unit, also where nothing was left to write.
-- {planned} (unit, inputs) as they stood before anything was read; {key} the column of {table} that holds the unit.
INSERT INTO {db}.generations (stage, unit, generation, inputs, content, since, tail, rows, previous, swept)
SELECT
    '{stage}', planned.unit, {generation}, planned.inputs, written.content,
    if(was.since != 0 AND was.content = written.content, was.since, {generation}), 0, written.rows, was.generation,
    was.generation = 0
FROM (SELECT plan.1 AS unit, plan.2 AS inputs FROM (SELECT arrayJoin([{planned}]) AS plan)) AS planned
LEFT JOIN
(
    SELECT toDateTime({key}, 'UTC') AS unit, count() AS rows, groupBitXor(cityHash64(tuple(* EXCEPT generation))) AS content
    FROM {db}.{table}
    WHERE {key} IN ({units}) AND generation = {generation}
    GROUP BY unit
) AS written ON written.unit = planned.unit
LEFT JOIN (SELECT unit, generation, content, since FROM {db}.current WHERE stage = '{stage}') AS was ON was.unit = planned.unit
