-- when: SELECT count() > 0 FROM merged WHERE winner_span != toFixedString('', 8)
-- What those that yield know and their winner may lack.
INSERT INTO extras
SELECT
    m.winner_trace AS trace_id, m.winner_span AS span_id,
    toUInt8(least(count() + 1, 255)) AS emissions,
    -- of several the one whose span began first, whatever came first
    argMin(e.user_id, (e.user_id = '', e.ts, e.user_id, e.user_source)) AS user_id,
    argMin(e.user_source, (e.user_id = '', e.ts, e.user_id, e.user_source)) AS user_source, max(e.end_user_id) AS end_user_id,
    max(e.team) AS team, max(e.agent) AS agent, max(e.agent_depth) AS agent_depth,
    max(e.session_id) AS session_id, max(e.conversation) AS conversation, max(e.task_id) AS task_id,
    max(e.trigger) AS trigger, max(e.provider) AS provider, max(e.model) AS model,
    max(e.response_id) AS response_id, max(e.provider_request_id) AS provider_request_id,
    max(e.prompt_hash) AS prompt_hash, max(e.service_tier) AS service_tier,
    max(e.finish_reason) AS finish_reason, max(e.attempt) AS attempt, max(e.http_status) AS http_status,
    max(e.tool_names) AS tool_names, max(e.tool_hashes) AS tool_hashes,
    max(e.result_hashes) AS result_hashes, max(e.input_tokens) AS input_tokens,
    max(e.output_tokens) AS output_tokens, max(e.cache_read_tokens) AS cache_read_tokens,
    max(e.cache_write_tokens) AS cache_write_tokens,
    max(e.cache_write_1h_tokens) AS cache_write_1h_tokens, max(e.reasoning_tokens) AS reasoning_tokens,
    max(e.audio_input_tokens) AS audio_input_tokens, max(e.audio_output_tokens) AS audio_output_tokens,
    max(e.request_messages) AS request_messages, max(e.request_bytes) AS request_bytes,
    max(e.reported_cost_usd) AS reported_cost_usd, min(e.ttft_ms) AS ttft_ms
FROM {emissions}
INNER JOIN merged AS m ON m.trace_id = e.trace_id AND m.span_id = e.span_id AND m.content = e.content
WHERE e.slot IN ({window}) AND e.kind = 'call' AND m.winner_span != toFixedString('', 8)
GROUP BY m.winner_trace, m.winner_span
