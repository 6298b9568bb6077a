-- Makes a generation of calls the one that is read, slot by slot, also where nothing was left to write.
-- {planned} (slot, inputs) as they stood before the emissions were read.
INSERT INTO {db}.generations (stage, unit, generation, inputs, content, since, tail, rows)
WITH
    written AS
    (
        SELECT
            slot,
            count() AS rows,
            groupBitXor(cityHash64((
                trace_id, span_id, ts, duration_ms, user_id, team, project, service, agent, session_id, task_id,
                trigger, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
                reasoning_tokens, cost_usd, status, attempt, request_messages, prompt_hash, tool_hashes,
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
    'calls', plan.1 AS slot, {generation}, plan.2, written.content,
    if(was.since != 0 AND was.content = written.content, was.since, {generation}),
    tails.tail, written.rows
FROM (SELECT arrayJoin([{planned}]) AS plan, plan.1 AS slot) AS planned
LEFT JOIN written ON written.slot = planned.slot
LEFT JOIN tails ON tails.slot = planned.slot
LEFT JOIN (SELECT unit, content, since FROM {db}.current WHERE stage = 'calls') AS was ON was.unit = planned.slot
