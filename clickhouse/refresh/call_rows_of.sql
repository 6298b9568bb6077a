-- The rows of a new generation of calls, priced one by one; of which: what follows. To be closed by two brackets.
INSERT INTO {db}.call_rows
(
    slot, generation, ts, duration_ms, ttft_ms, user_id, user_source, end_user_id, team, project, service, agent,
    agent_depth, session_id, conversation, task_id, trigger, operation, provider, model, response_id,
    provider_request_id, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens,
    reasoning_tokens, audio_input_tokens, audio_output_tokens, usage_known, service_tier, reported_cost_usd,
    cost_usd, cost_source, list_cost_usd, quarantined, status, error_type, http_status, finish_reason, attempt,
    request_messages, request_bytes, prompt_hash,
    tool_names, tool_hashes, result_hashes, emitter, emissions, trace_id, span_id, parent_span_id, flaws, content
)
SELECT
    slot, {generation} AS generation, ts, duration_ns / 1e6 AS duration_ms, ttft_ms,
    user_id, user_source, end_user_id, team, project, service, agent, agent_depth, session_id, key AS conversation,
    task_id, trigger, operation, provider, model, response_id, provider_request_id,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, reasoning_tokens,
    audio_input_tokens, audio_output_tokens, usage_known, service_tier, reported_cost_usd,
    multiIf(
        http_status >= 400 AND NOT usage_known, toDecimal64(0, 12),
        price.1 != 0 AND (usage_known OR price.16 > 0), at_price,
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
    tool_names, tool_hashes, result_hashes, emitter, emissions, trace_id, span_id, parent_span_id, flaws,
    content
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
        toDateTime(ts, 'UTC') AS second,
        intDiv(toUnixTimestamp(second), 60) % 1440 AS minute,
        -- of its prices, which fit: a list of numbers, where filtering the prices themselves would copy each
        arrayMap(
            (tier, since, from, to, over, until) ->
                (tier = '' OR tier = service_tier)
                    AND second >= since AND second < until
                    AND if(from <= to, minute >= from AND minute < to, minute >= from OR minute < to)
                    AND (over = 0 OR n_input > over),
            list.2, list.3, list.4, list.5, list.6, list.17) AS fits,
        list[indexOf(fits, 1)] AS price,
        list[arrayFirstIndex((fit, own) -> fit AND NOT own, fits, list.18)] AS list_price,
        {cost:price} AS at_price,
        multiIf(
            NOT usage_known, NULL,
            price.18, if(list_price.1 != 0, {cost:list_price}, NULL),
            price.1 != 0, at_price,
            NULL) AS list_cost
    FROM
    (
