-- What happened in a session, step by step: a person spoke (user), a model answered (llm), a tool was called (tool).
-- Order by session_id, ts, position. signature is equal for equal steps: of a tool its name, a colon and the keyed hash
-- of its arguments; of a model call the keyed hash of its request. A tool run whose arguments nobody told is like no
-- other: its span's id stands after the colon.
CREATE OR REPLACE VIEW {db}.session_steps {on_cluster} AS
SELECT
    session_id, ts, if(speaks, toUInt16(0), toUInt16(1)) AS position, if(speaks, 'user', 'llm') AS kind,
    if(speaks, '', CAST(model, 'String')) AS name, if(speaks, '', prompt_hash) AS signature, '' AS result,
    NOT speaks AND status = 'error' AS error, if(speaks, '', CAST(error_type, 'String')) AS error_type,
    user_id, CAST(team, 'String') AS team, CAST(agent, 'String') AS agent, agent_depth,
    CAST(provider, 'String') AS provider, CAST(model, 'String') AS model,
    if(speaks, NULL, input_tokens) AS input_tokens, if(speaks, NULL, output_tokens) AS output_tokens,
    if(speaks, NULL, cache_read_tokens) AS cache_read_tokens, if(speaks, NULL, cost_usd) AS cost_usd,
    if(speaks, NULL, duration_ms) AS duration_ms, if(speaks, NULL, ttft_ms) AS ttft_ms,
    task_id, attempt, request_messages, call_id, trace_id, span_id
FROM {db}.priced_calls
-- a call that a person drove is two steps: they spoke, the model answered
ARRAY JOIN if(trigger = 'user' AND attempt <= 1, [true, false], [false]) AS speaks
WHERE session_id != ''
UNION ALL
SELECT
    session_id, ts, position, 'tool', name, concat(name, ':', if(hash = '', span_id, hash)), result, error, error_type,
    user_id, team, agent, agent_depth, '', '', NULL, NULL, NULL, NULL, duration_ms, NULL,
    task_id, 0, NULL, call_id, trace_id, span_id
FROM {db}.session_tools
