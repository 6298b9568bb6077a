-- when: SELECT count() > 0 FROM extras
-- The rows of the new generation, where some of several emissions are one call.
{include:refresh/call_rows_of.sql}
        SELECT
            e.slot AS slot, e.trace_id AS trace_id, e.span_id AS span_id, e.content AS content,
            e.parent_span_id AS parent_span_id,
            e.ts AS ts, e.duration_ns AS duration_ns,
            e.emitter AS emitter, greatest(x.emissions, 1) AS emissions, e.service AS service, e.project AS project,
            if(e.user_id != '' OR x.user_id = '', e.user_source, x.user_source) AS user_source,
            firstNonDefault(e.session_id, x.session_id, ifNull(d.session_id, '')) AS session_id, d.key AS key,
            {or:user_id}, {or:end_user_id}, {or:team}, {or:agent}, {or:agent_depth}, {or:task_id}, {or:trigger},
            e.operation AS operation, {or:provider}, {or:model}, {or:response_id}, {or:provider_request_id},
            {or:prompt_hash}, {or:service_tier}, {or:tool_names}, {or:tool_hashes}, {or:result_hashes},
            {or:finish_reason}, {or:attempt}, {or:http_status},
            -- counts are of one hand: who knows the usage says it all
            isNull(e.input_tokens) AND isNull(e.output_tokens) AS blind,
            {count_of:input_tokens}, {count_of:output_tokens}, {count_of:cache_read_tokens},
            {count_of:cache_write_tokens}, {count_of:cache_write_1h_tokens}, {count_of:reasoning_tokens},
            {count_of:audio_input_tokens}, {count_of:audio_output_tokens},
            {also:ttft_ms}, {also:request_messages}, {also:request_bytes},
            {also:reported_cost_usd},
            e.status AS status, e.error_type AS error_type, e.flaws AS flaws, rates.list AS list
        FROM {emissions}
        LEFT JOIN extras AS x ON x.trace_id = e.trace_id AND x.span_id = e.span_id
        LEFT JOIN derived AS d ON d.trace_id = e.trace_id AND d.span_id = e.span_id
        LEFT JOIN rates ON rates.provider = e.provider AND rates.model = e.model
        WHERE e.slot IN ({slots}) AND e.kind = 'call'
            AND e.ts < addHours(fromUnixTimestamp64Micro(-e.seniority, 'UTC'), 1)
            AND (e.trace_id, e.span_id) NOT IN (SELECT trace_id, span_id FROM {db}.misdated WHERE slot IN ({slots}))
            AND (e.trace_id, e.span_id, e.content) NOT IN (SELECT trace_id, span_id, content FROM merged)
            AND {added}
    )
)
