-- Emitter family: spans that speak the OpenTelemetry GenAI conventions, ours, the official instrumentations' and
-- everybody else's who uses gen_ai.*, old spellings included.
-- https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ and docs/telemetry.md
-- A view that throws would reject the whole raw batch: only conversions that answer NULL on nonsense stand here.
CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.emissions_from_genai_spans {on_cluster}
TO {db}.emissions
AS
SELECT
    toStartOfInterval(toDateTime(Timestamp, 'UTC'), INTERVAL 10 MINUTE, 'UTC') AS slot,
    what AS kind,
    {id16:TraceId} AS trace_id,
    {id8:SpanId} AS span_id,
    cityHash64(
        Timestamp, Duration, ServiceName, ScopeName, StatusCode, ParentSpanId, t_user, t_session, t_provider,
        arraySum(arrayMap((k, v) -> cityHash64(k, v), mapKeys(a), mapValues(a))), r['service.namespace'],
        r['tokenboard.team']) AS content,
    -toUnixTimestamp64Micro(now64(6)) AS seniority,
    {id8:ParentSpanId} AS parent_span_id,
    Timestamp AS ts,
    Duration AS duration_ns,
    {name:ScopeName} AS emitter,
    {name:ServiceName} AS service,
    {name:r['service.namespace']} AS project,
    {name:t_user} AS user_id,
    multiIf(
        t_user = '', 'none',
        t_source IN ('context', 'baggage', 'environment', 'login'), t_source,
        'telemetry') AS user_source,
    {name:a['tokenboard.end_user.id']} AS end_user_id,
    {name:firstNonDefault(a['tokenboard.team'], r['tokenboard.team'])} AS team,
    {name:a['gen_ai.agent.name']} AS agent,
    toUInt16OrZero(a['tokenboard.agent.depth']) AS agent_depth,
    {name:t_session} AS session_id,
    {name:a['tokenboard.conversation']} AS conversation,
    {name:a['tokenboard.task.id']} AS task_id,
    if(t_trigger IN ('user', 'tool', 'assistant', 'system'), t_trigger, '') AS trigger,
    {name:t_operation} AS operation,
    {provider:t_provider} AS provider,
    {name:t_model} AS model,
    {name:t_request_model} AS request_model,
    {name:a['gen_ai.response.id']} AS response_id,
    {name:a['tokenboard.provider_request_id']} AS provider_request_id,
    trusted[1] AS input_tokens,
    trusted[2] AS output_tokens,
    trusted[3] AS cache_read_tokens,
    trusted[4] AS cache_write_tokens,
    trusted[5] AS cache_write_1h_tokens,
    trusted[6] AS reasoning_tokens,
    trusted[7] AS audio_input_tokens,
    trusted[8] AS audio_output_tokens,
    1000 * toFloat32OrNull(a['gen_ai.response.time_to_first_chunk']) AS ttft_ms,
    {name:a['tokenboard.service_tier']} AS service_tier,
    toDecimal64OrNull(a['tokenboard.reported_cost_usd'], 12) AS reported_cost_usd,
    if(StatusCode = 'Error' OR a['error.type'] != '', 'error', 'ok') AS status,
    {name:a['error.type']} AS error_type,
    toUInt16OrZero(firstNonDefault(a['http.response.status_code'], a['http.status_code'])) AS http_status,
    {name:if(startsWith(t_finish, '['), JSONExtractString(t_finish, 1), t_finish)} AS finish_reason,
    toUInt16OrZero(a['tokenboard.attempt']) AS attempt,
    toUInt32OrNull(a['tokenboard.request.messages']) AS request_messages,
    toUInt64OrNull(a['tokenboard.request.bytes']) AS request_bytes,
    {name:a['tokenboard.prompt.hash']} AS prompt_hash,
    if(what = 'tool', [{name:a['gen_ai.tool.name']}], {list:a['tokenboard.tool_calls.names']}) AS tool_names,
    if(what = 'tool', [{name:a['gen_ai.tool.call.id']}], {list:a['tokenboard.tool_calls.hashes']}) AS tool_hashes,
    {list:a['tokenboard.tool_results.hashes']} AS result_hashes,
    {name:a['tokenboard.task.outcome']} AS outcome,
    toFloat64OrNull(a['tokenboard.task.review_minutes']) AS review_minutes,
    toFloat64OrNull(a['tokenboard.task.score']) AS score,
    {name:a['tokenboard.task.reason']} AS reason,
    arrayFilter(f -> f != '', [
        if(bad_count, 'count', ''), if(bad_subset AND NOT bad_count, 'subset', ''),
        if(bad_name, 'name', ''), if(bad_utf8, 'utf8', '')]) AS flaws
FROM
(
    SELECT
        *,
        if(bad_count OR bad_subset OR bad_name OR bad_utf8, emptyArrayInt64(), counts) AS trusted
    FROM
    (
        SELECT
            *,
            arrayExists((t, n) -> t != '' AND isNull(n), texts, counts) AS bad_count,
            ifNull(ifNull(counts[3], 0) + ifNull(counts[4], 0) > counts[1], 0)
                OR ifNull(counts[5] > counts[4], 0)
                OR ifNull(counts[6] > counts[2], 0)
                OR ifNull(counts[7] > counts[1], 0)
                OR ifNull(counts[8] > counts[2], 0) AS bad_subset
        FROM
        (
            SELECT
                *,
                -- 100 million tokens in one call is a hundred times the longest context there is
                arrayMap(t -> if({count:t} BETWEEN 0 AND 100000000, {count:t}, NULL), texts) AS counts,
                arrayExists(n -> length(n) > 256, names) AS bad_name,
                arrayExists(n -> NOT isValidUTF8(n), names) AS bad_utf8
            FROM
            (
                SELECT
                    *,
                    [
                        -- of several spellings the first that is present
                        firstNonDefault(a['gen_ai.usage.input_tokens'], a['gen_ai.usage.prompt_tokens']),
                        firstNonDefault(a['gen_ai.usage.output_tokens'], a['gen_ai.usage.completion_tokens']),
                        firstNonDefault(
                            a['gen_ai.usage.cache_read.input_tokens'], a['gen_ai.usage.cache_read_input_tokens']),
                        firstNonDefault(
                            a['gen_ai.usage.cache_write.input_tokens'],
                            a['gen_ai.usage.cache_creation.input_tokens'],
                            a['gen_ai.usage.cache_creation_input_tokens']),
                        a['tokenboard.usage.cache_write_1h.input_tokens'],
                        firstNonDefault(
                            a['gen_ai.usage.reasoning.output_tokens'], a['gen_ai.usage.reasoning_tokens']),
                        a['tokenboard.usage.audio.input_tokens'],
                        a['tokenboard.usage.audio.output_tokens']
                    ] AS texts,
                    [
                        t_user, t_model, t_request_model, t_session, t_provider, t_operation, ServiceName,
                        a['gen_ai.agent.name'], a['tokenboard.team'], a['tokenboard.task.id'],
                        a['gen_ai.response.id'], a['gen_ai.tool.name'], a['tokenboard.end_user.id']
                    ] AS names,
                    multiIf(
                        t_operation = 'execute_tool', 'tool',
                        t_operation IN ('invoke_agent', 'invoke_workflow'), 'agent',
                        t_operation = '' AND startsWith(SpanName, 'task ') AND a['tokenboard.task.id'] != '', 'task',
                        t_operation IN ('create_agent', 'create_memory', 'search_memory', 'plan', 'retrieval'), '',
                        t_provider != '' AND (t_operation != '' OR t_model != ''), 'call',
                        '') AS what
                FROM
                (
                    SELECT
                        Timestamp, TraceId, SpanId, ParentSpanId, SpanName, ServiceName, ScopeName, Duration,
                        StatusCode,
                        SpanAttributes AS a,
                        ResourceAttributes AS r,
                        firstNonDefault(a['gen_ai.operation.name'], a['llm.request.type']) AS t_operation,
                        firstNonDefault(a['gen_ai.provider.name'], a['gen_ai.system']) AS t_provider,
                        firstNonDefault(a['gen_ai.request.model'], a['gen_ai.response.model']) AS t_request_model,
                        firstNonDefault(a['gen_ai.response.model'], a['gen_ai.request.model']) AS t_model,
                        firstNonDefault(a['user.id'], a['enduser.id'], r['user.id'], r['enduser.id']) AS t_user,
                        firstNonDefault(a['gen_ai.conversation.id'], a['session.id']) AS t_session,
                        a['tokenboard.user.source'] AS t_source,
                        a['tokenboard.trigger'] AS t_trigger,
                        a['gen_ai.response.finish_reasons'] AS t_finish
                    FROM {db}.otel_traces
                    WHERE Timestamp >= toDateTime64('2015-01-01 00:00:00', 9, 'UTC')
                        AND Timestamp < toDateTime64('2100-01-01 00:00:00', 9, 'UTC')
                )
                WHERE what != ''
            )
        )
    )
)
