-- when: SELECT count() = 0 FROM extras
-- The rows of the new generation, where each emission is a call.
{include:refresh/call_rows_of.sql}
        SELECT
            e.slot AS slot, e.trace_id AS trace_id, e.span_id AS span_id, e.content AS content,
            e.parent_span_id AS parent_span_id,
            e.ts AS ts, e.duration_ns AS duration_ns, e.emitter AS emitter, toUInt8(1) AS emissions,
            e.service AS service, e.project AS project, e.user_source AS user_source,
            if(e.session_id = '', d.session_id, e.session_id) AS session_id, d.key AS key, e.user_id AS user_id,
            e.end_user_id AS end_user_id, e.team AS team, e.agent AS agent, e.agent_depth AS agent_depth,
            e.task_id AS task_id, e.trigger AS trigger, e.operation AS operation, e.provider AS provider,
            e.model AS model, e.response_id AS response_id, e.provider_request_id AS provider_request_id,
            e.prompt_hash AS prompt_hash, e.service_tier AS service_tier, e.tool_names AS tool_names,
            e.tool_hashes AS tool_hashes, e.result_hashes AS result_hashes, e.finish_reason AS finish_reason,
            e.attempt AS attempt, e.http_status AS http_status, e.input_tokens AS input_tokens,
            e.output_tokens AS output_tokens, e.cache_read_tokens AS cache_read_tokens,
            e.cache_write_tokens AS cache_write_tokens, e.cache_write_1h_tokens AS cache_write_1h_tokens,
            e.reasoning_tokens AS reasoning_tokens, e.audio_input_tokens AS audio_input_tokens,
            e.audio_output_tokens AS audio_output_tokens, e.ttft_ms AS ttft_ms,
            e.request_messages AS request_messages, e.request_bytes AS request_bytes,
            e.reported_cost_usd AS reported_cost_usd, e.status AS status, e.error_type AS error_type,
            e.flaws AS flaws, rates.list AS list
        FROM {emissions}
        LEFT JOIN derived AS d ON d.trace_id = e.trace_id AND d.span_id = e.span_id
        LEFT JOIN rates ON rates.provider = e.provider AND rates.model = e.model
        WHERE e.slot IN ({slots}) AND e.kind = 'call'
            AND e.ts < addHours(fromUnixTimestamp64Micro(-e.seniority, 'UTC'), 1)
            AND (e.trace_id, e.span_id) NOT IN (SELECT trace_id, span_id FROM {db}.misdated WHERE slot IN ({slots}))
            AND (e.trace_id, e.span_id, e.content) NOT IN (SELECT trace_id, span_id, content FROM merged)
            AND {added}
    )
)
