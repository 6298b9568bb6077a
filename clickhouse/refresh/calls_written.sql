-- What a generation of calls has in each slot. Content: what makes a call another call for whoever reads it; tails: the
-- sessions of the wire that later slots may go on with.
written AS
(
    SELECT
        slot,
        count() AS rows,
        groupBitXor(cityHash64((
            trace_id, span_id, ts, duration_ms, user_id, team, project, service, agent, session_id, task_id, trigger, provider,
            model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, quarantined,
            status, attempt, request_messages, prompt_hash, tool_hashes, result_hashes))) AS content
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
        WHERE slot IN ({slots}) AND (slot, generation) IN ({written}) AND conversation != 0
        GROUP BY slot, conversation
    )
    GROUP BY slot
)
