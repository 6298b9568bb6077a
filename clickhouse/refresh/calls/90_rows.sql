-- The rows of the new generation, priced one by one.
INSERT INTO {db}.call_rows
(
    slot, generation, ts, duration_ms, ttft_ms, user_id, user_source, end_user_id, team, project, service, agent,
    agent_depth, session_id, conversation, task_id, trigger, operation, provider, model, response_id,
    provider_request_id, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens,
    reasoning_tokens, audio_input_tokens, audio_output_tokens, usage_known, service_tier, reported_cost_usd,
    cost_usd, cost_source, list_cost_usd, quarantined, status, error_type, http_status, finish_reason, attempt,
    request_messages, request_bytes, prompt_hash,
    tool_names, tool_hashes, result_hashes, emitter, emissions, trace_id, span_id, parent_span_id, flaws
)
SELECT
    slot, {generation} AS generation, ts, duration_ns / 1e6 AS duration_ms, ttft_ms,
    user_id, user_source, end_user_id, team, project, service, agent, agent_depth, session_id, key AS conversation,
    task_id, trigger, operation, provider, model, response_id, provider_request_id,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, reasoning_tokens,
    audio_input_tokens, audio_output_tokens, usage_known, service_tier, reported_cost_usd,
    multiIf(
        http_status >= 400 AND NOT usage_known, toDecimal64(0, 12),
        price.1 != 0 AND (usage_known OR price.16 > 0), {cost:price},
        usage_known AND reported_cost_usd > 0 AND NOT quarantined, reported_cost_usd,
        NULL) AS cost_usd,
    multiIf(
        isNull(cost_usd), '',
        http_status >= 400 AND NOT usage_known, 'refused',
        price.1 = 0, 'reported',
        price.18, 'own',
        'list') AS cost_source,
    if(price.1 != 0 AND price.18, list_cost, NULL) AS list_cost_usd,
    -- Without a list price only what no model ever cost is refused: 2,000 dollars a million tokens.
    usage_known AND ifNull(reported_cost_usd > 0 AND multiIf(
        list_cost > 0, toFloat64(reported_cost_usd) / toFloat64(list_cost) NOT BETWEEN 0.1 AND 3,
        toFloat64(reported_cost_usd) > 0.002 * (n_input + n_output)), false) AS quarantined,
    status, error_type, http_status, finish_reason, attempt, request_messages, request_bytes, prompt_hash,
    tool_names, tool_hashes, result_hashes, emitter, emissions, trace_id, span_id, parent_span_id, flaws
FROM
(
    SELECT
        *,
        isNotNull(input_tokens) OR isNotNull(output_tokens) AS usage_known,
        toInt64(ifNull(input_tokens, 0)) AS n_input,
        toInt64(ifNull(output_tokens, 0)) AS n_output,
        toInt64(ifNull(cache_read_tokens, 0)) AS n_read,
        toInt64(ifNull(cache_write_tokens, 0)) AS n_write,
        toInt64(ifNull(cache_write_1h_tokens, 0)) AS n_write_1h,
        toInt64(ifNull(audio_input_tokens, 0)) AS n_audio_in,
        toInt64(ifNull(audio_output_tokens, 0)) AS n_audio_out,
        least(toInt64(ifNull(reasoning_tokens, 0)), greatest(n_output - n_audio_out, 0)) AS n_reasoning,
        toHour(ts, 'UTC') * 60 + toMinute(ts, 'UTC') AS minute,
        arrayFilter(p ->
            (p.2 = '' OR p.2 = service_tier)
                AND ts >= p.3 AND ts < p.17
                AND if(p.4 <= p.5, minute >= p.4 AND minute < p.5, minute >= p.4 OR minute < p.5)
                AND (p.6 = 0 OR n_input > p.6),
            list) AS fitting,
        fitting[1] AS price,
        arrayFirst(p -> NOT p.18, fitting) AS list_price,
        if(usage_known AND list_price.1 != 0, {cost:list_price}, NULL) AS list_cost
    FROM
    (
        SELECT
            e.slot AS slot, e.trace_id AS trace_id, e.span_id AS span_id, e.parent_span_id AS parent_span_id,
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
        FROM {db}.emissions AS e FINAL
        LEFT JOIN extras AS x ON x.trace_id = e.trace_id AND x.span_id = e.span_id
        LEFT JOIN derived AS d ON d.trace_id = e.trace_id AND d.span_id = e.span_id
        LEFT JOIN rates ON rates.provider = e.provider AND rates.model = e.model
        WHERE e.slot IN ({slots}) AND e.kind = 'call'
            AND e.ts < addHours(fromUnixTimestamp64Micro(-e.seniority, 'UTC'), 1)
            AND (e.trace_id, e.span_id) NOT IN (SELECT trace_id, span_id FROM {db}.misdated WHERE slot IN ({slots}))
            AND (e.trace_id, e.span_id, e.content) NOT IN (SELECT trace_id, span_id, content FROM merged)
    )
)
