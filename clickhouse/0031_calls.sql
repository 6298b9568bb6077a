-- One row per real model call, the columns of the design and then some of the books' own.
-- call_id is the id of the span that tells most about the call: the same after every replay.
CREATE OR REPLACE VIEW {db}.calls {on_cluster} AS
SELECT
    concat(lower(hex(rows.trace_id)), '-', lower(hex(rows.span_id))) AS call_id,
    ts, duration_ms, ttft_ms, user_id, user_source, end_user_id, team, project, service, agent, agent_depth,
    session_id, task_id, trigger, operation, provider, model, response_id, provider_request_id,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, reasoning_tokens,
    audio_input_tokens, audio_output_tokens, usage_known, service_tier, reported_cost_usd, status, error_type,
    finish_reason, attempt, request_messages, request_bytes, prompt_hash, tool_names, tool_hashes, emitter,
    lower(hex(rows.trace_id)) AS trace_id,
    lower(hex(rows.span_id)) AS span_id,
    if(rows.parent_span_id = toFixedString('', 8), '', lower(hex(rows.parent_span_id))) AS parent_span_id
FROM {db}.call_rows AS rows
WHERE {live:slot, generation}
