-- What happened in a session, step by step: a person spoke (user), a model answered (llm), a tool was called (tool).
-- Order by session_id, ts, position. signature is equal for equal steps: of a tool its name, a colon and the keyed hash
-- of its arguments; of a model call the keyed hash of its request. A tool run whose arguments nobody told is like no
-- other: its span's id stands after the colon.
CREATE OR REPLACE VIEW {db}.session_steps {on_cluster} AS
SELECT
    session_id, ts, toUInt16(0) AS position, 'user' AS kind, '' AS name, '' AS signature, '' AS result,
    false AS error, '' AS error_type, user_id, CAST(team, 'String') AS team, CAST(agent, 'String') AS agent, agent_depth,
    CAST(provider, 'String') AS provider, CAST(model, 'String') AS model,
    CAST(NULL, 'Nullable(UInt32)') AS input_tokens, CAST(NULL, 'Nullable(UInt32)') AS output_tokens,
    CAST(NULL, 'Nullable(UInt32)') AS cache_read_tokens, CAST(NULL, 'Nullable(Decimal(18, 12))') AS cost_usd,
    CAST(NULL, 'Nullable(Float32)') AS duration_ms, CAST(NULL, 'Nullable(Float32)') AS ttft_ms,
    task_id, attempt, request_messages, call_id, trace_id, span_id
FROM {db}.priced_calls
WHERE session_id != '' AND trigger = 'user' AND attempt <= 1
UNION ALL
SELECT
    session_id, ts, 1, 'llm', CAST(model, 'String'), prompt_hash, '', status = 'error', CAST(error_type, 'String'),
    user_id, CAST(team, 'String'), CAST(agent, 'String'), agent_depth, CAST(provider, 'String'), CAST(model, 'String'),
    input_tokens, output_tokens, cache_read_tokens, cost_usd, duration_ms, ttft_ms,
    task_id, attempt, request_messages, call_id, trace_id, span_id
FROM {db}.priced_calls
WHERE session_id != ''
UNION ALL
SELECT
    session_id, ts, position, 'tool', name, concat(name, ':', if(hash = '', span_id, hash)), result, error, error_type,
    user_id, team, agent, agent_depth, '', '', NULL, NULL, NULL, NULL, duration_ms, NULL,
    task_id, 0, NULL, call_id, trace_id, span_id
FROM {db}.session_tools
