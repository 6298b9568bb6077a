-- Makes a generation of calls the one that is read, slot by slot, also where nothing was left to write.
-- {planned} (slot, marks, earlier, own) as they stood before the emissions were read, earlier being the fingerprint of the
-- derived sessions of the two hours before, of slots that are not written here: those are added now. So the inputs are
-- what calls_dirty will compute as long as nobody else has changed anything.
-- With it goes what calls may be added to (refresh/added): calls_base says in previous which generation is whole, its
-- content and rows, and what it was made from: inputs, the prices; tail, those sessions; since, the slot's own marks. One
-- insert of one block: nobody ever sees one of the two without the other.
INSERT INTO {db}.generations (stage, unit, generation, inputs, content, since, tail, rows, previous, swept)
WITH
    {include:refresh/calls_written.sql}
SELECT
    row.1, slot, {generation}, row.2, row.3, row.4, row.5, row.6, row.7, row.8
FROM
(
    SELECT
        planned.slot AS slot,
        bitXor(planned.earlier, arrayReduce('groupBitXor', arrayPushBack(
            arrayMap(t -> t.2, arrayFilter(t -> t.1 BETWEEN planned.at - 7200 AND planned.at - 600, ours)), 0))) AS earlier,
        arrayJoin([
            (
                'calls', cityHash64(planned.marks, earlier), written.content,
                if(was.since != 0 AND was.content = written.content, was.since, {generation}),
                tails.tail, written.rows, if(based.generation = was.generation, based.previous, was.generation),
                toBool(was.generation = 0)
            ),
            (
                'calls_base', ifNull((SELECT groupBitXor(cityHash64(provider, model, list)) FROM rates), 0), written.content,
                planned.own, earlier, written.rows, {generation}, true
            )]) AS row
    FROM
    (
        SELECT toUnixTimestamp(plan.1) AS at, plan.1 AS slot, plan.2 AS marks, plan.3 AS earlier, plan.4 AS own
        FROM (SELECT arrayJoin([{planned}]) AS plan)
    ) AS planned
    LEFT JOIN written ON written.slot = planned.slot
    LEFT JOIN tails ON tails.slot = planned.slot
    LEFT JOIN (SELECT unit, generation, content, since FROM {db}.current WHERE stage = 'calls') AS was
        ON was.unit = planned.slot
    LEFT JOIN (SELECT unit, generation, previous FROM {db}.current WHERE stage = 'calls_base') AS based
        ON based.unit = planned.slot
    CROSS JOIN
    (
        SELECT groupArray((toUnixTimestamp(slot), cityHash64(toUnixTimestamp(slot), tail))) AS ours FROM tails
    ) AS all_tails
)
