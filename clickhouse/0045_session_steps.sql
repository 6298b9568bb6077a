-- What happened in a session, step by step: a person spoke (user), a model answered (llm), an answer asked for a tool
-- (tool). Order by session_id, ts, position. signature is equal for equal steps: of a tool its name, a colon and the
-- keyed hash of its arguments; of a model call the keyed hash of its request.
CREATE OR REPLACE VIEW {db}.session_steps {on_cluster} AS
SELECT
    session_id, step.1 AS ts, step.2 AS position, step.3 AS kind, step.4 AS name, step.5 AS signature,
    kind != 'user' AND (kind = 'llm' AND status = 'error') AS error,
    if(kind = 'llm', error_type, '') AS error_type,
    user_id, team, agent, agent_depth, provider, model,
    if(kind = 'llm', input_tokens, NULL) AS input_tokens,
    if(kind = 'llm', output_tokens, NULL) AS output_tokens,
    if(kind = 'llm', cache_read_tokens, NULL) AS cache_read_tokens,
    if(kind = 'llm', cost_usd, NULL) AS cost_usd,
    if(kind = 'llm', duration_ms, NULL) AS duration_ms,
    if(kind = 'llm', ttft_ms, NULL) AS ttft_ms,
    task_id, attempt, request_messages, call_id, trace_id, span_id
FROM
(
    SELECT
        *,
        arrayJoin(arrayConcat(
            if(trigger = 'user' AND attempt <= 1, [(ts, toUInt16(0), 'user', '', '')], []),
            [(ts, toUInt16(1), 'llm', CAST(model, 'String'), prompt_hash)],
            arrayMap((n, h, i) -> (
                    addMicroseconds(ts, toInt64(duration_ms * 1000)), toUInt16(i + 1), 'tool', CAST(n, 'String'),
                    concat(n, ':', h)),
                tool_names, arrayResize(tool_hashes, length(tool_names)), arrayEnumerate(tool_names)))) AS step
    FROM {db}.priced_calls
    WHERE session_id != ''
)
