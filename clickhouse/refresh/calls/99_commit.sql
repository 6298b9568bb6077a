-- Makes a generation of calls the one that is read, slot by slot, also where nothing was left to write.
-- {planned} (slot, marks, earlier) as they stood before the emissions were read, earlier being the fingerprint of the
-- derived sessions of the two hours before, of slots that are not written here: those are added now. So the inputs are
-- what calls_dirty will compute as long as nobody else has changed anything.
INSERT INTO {db}.generations (stage, unit, generation, inputs, content, since, tail, rows, previous, swept)
WITH
    written AS
    (
        SELECT
            slot,
            count() AS rows,
            groupBitXor(cityHash64((
                trace_id, span_id, ts, duration_ms, user_id, team, project, service, agent, session_id, task_id,
                trigger, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
                reasoning_tokens, cost_usd, quarantined, status, attempt, request_messages, prompt_hash, tool_hashes,
                result_hashes))) AS content
        FROM {db}.call_rows
        WHERE slot IN ({slots}) AND generation = {generation}
        GROUP BY slot
    ),
    tails AS
    (
        SELECT slot, groupBitXor(cityHash64((conversation, last))) AS tail
        FROM
        (
            SELECT slot, conversation, max((ts, span_id, request_messages, session_id)) AS last
            FROM {db}.call_rows
            WHERE slot IN ({slots}) AND generation = {generation} AND conversation != 0
            GROUP BY slot, conversation
        )
        GROUP BY slot
    )
SELECT
    'calls', planned.slot, {generation},
    cityHash64(
        planned.marks,
        bitXor(planned.earlier, arrayReduce('groupBitXor', arrayPushBack(
            arrayMap(t -> t.2, arrayFilter(t -> t.1 BETWEEN planned.at - 7200 AND planned.at - 600, ours)), 0)))),
    written.content, if(was.since != 0 AND was.content = written.content, was.since, {generation}),
    tails.tail, written.rows, was.generation,
    was.generation = 0
FROM
(
    SELECT toUnixTimestamp(plan.1) AS at, plan.1 AS slot, plan.2 AS marks, plan.3 AS earlier
    FROM (SELECT arrayJoin([{planned}]) AS plan)
) AS planned
LEFT JOIN written ON written.slot = planned.slot
LEFT JOIN tails ON tails.slot = planned.slot
LEFT JOIN (SELECT unit, generation, content, since FROM {db}.current WHERE stage = 'calls') AS was
    ON was.unit = planned.slot
CROSS JOIN
(
    SELECT groupArray((toUnixTimestamp(slot), cityHash64(toUnixTimestamp(slot), tail))) AS ours FROM tails
) AS all_tails
