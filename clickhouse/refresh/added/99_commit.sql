-- Makes the calls that were added read with those of the generation that they are added to, where that is still the one
-- that is read; else the slot stays dirty. {planned} as in refresh/calls/99_commit.sql; {bases} (slot, the generation, its rows).
INSERT INTO {db}.generations (stage, unit, generation, inputs, content, since, tail, rows, previous, swept)
WITH
    {include:refresh/calls_written.sql}
SELECT
    row.1, slot, {generation}, row.2, row.3, row.4, row.5, row.6, row.7, row.8
FROM
(
    SELECT
        planned.slot AS slot,
        bitXor(based.content, written.content) AS all_content,
        arrayJoin([
            (
                'calls', cityHash64(planned.marks, planned.earlier), all_content,
                if(was.content = all_content, was.since, {generation}),
                tails.tail, based.rows + written.rows, was.generation, false
            ),
            ('calls_base', based.inputs, based.content, planned.own, based.tail, based.rows, based.previous, true)
        ]) AS row
    FROM
    (
        SELECT plan.1 AS slot, plan.2 AS marks, plan.3 AS earlier, plan.4 AS own
        FROM (SELECT arrayJoin([{planned}]) AS plan)
    ) AS planned
    LEFT JOIN written ON written.slot = planned.slot
    LEFT JOIN tails ON tails.slot = planned.slot
    INNER JOIN (SELECT unit, generation, content, since FROM {db}.current WHERE stage = 'calls') AS was
        ON was.unit = planned.slot
    INNER JOIN
    (
        SELECT unit, generation, inputs, content, tail, rows, previous FROM {db}.current WHERE stage = 'calls_base'
    ) AS based ON based.unit = planned.slot AND based.generation = was.generation
    WHERE (planned.slot, based.previous) IN ({base_pairs})
)
