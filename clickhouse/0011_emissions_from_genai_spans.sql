-- Emitter family: spans. Whoever speaks the OpenTelemetry GenAI conventions, ours, the official instrumentations, the
-- Anthropic SDK, OpenLLMetry, old spellings included; and those with names of their own: OpenInference, the Vercel AI SDK,
-- Claude Code's traces.
-- https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ and docs/telemetry.md
-- https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
-- https://ai-sdk.dev/docs/ai-sdk-core/telemetry (an ai.generateText span repeats the usage of the doGenerate spans in it)
-- https://code.claude.com/docs/en/monitoring-usage (Traces: claude_code.llm_request; its input excludes cache)
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
        arraySum(arrayMap((k, v) -> cityHash64(k, v), mapKeys(a), mapValues(a))), t_project, r['tokenboard.team']) AS content,
    -toUnixTimestamp64Micro(now64(6)) AS seniority,
    {id8:ParentSpanId} AS parent_span_id,
    Timestamp AS ts,
    Duration AS duration_ns,
    {name:ScopeName} AS emitter,
    {name:ServiceName} AS service,
    {name:t_project} AS project,
    {name:t_user} AS user_id,
    multiIf(
        t_user = '', 'none',
        t_source IN ('context', 'baggage', 'environment', 'login', 'credential'), t_source,
        'telemetry') AS user_source,
    {name:t_end_user} AS end_user_id,
    {name:t_team} AS team,
    {name:t_agent} AS agent,
    if(is_claude, 1, toUInt16OrZero(a['tokenboard.agent.depth'])) AS agent_depth,
    {name:t_session} AS session_id,
    {name:a['tokenboard.conversation']} AS conversation,
    {name:t_task} AS task_id,
    if(t_trigger IN ('user', 'tool', 'assistant', 'system'), t_trigger, '') AS trigger,
    {name:t_operation} AS operation,
    {provider:t_provider} AS provider,
    {name:t_model} AS model,
    {name:t_request_model} AS request_model,
    {name:t_response_id} AS response_id,
    {name:firstNonDefault(a['tokenboard.provider_request_id'], if(is_claude, a['request_id'], ''))} AS provider_request_id,
    trusted[1] AS input_tokens,
    trusted[2] AS output_tokens,
    trusted[3] AS cache_read_tokens,
    trusted[4] AS cache_write_tokens,
    trusted[5] AS cache_write_1h_tokens,
    trusted[6] AS reasoning_tokens,
    trusted[7] AS audio_input_tokens,
    trusted[8] AS audio_output_tokens,
    coalesce(
        1000 * toFloat32OrNull(a['gen_ai.response.time_to_first_chunk']),
        toFloat32OrNull(firstNonDefault(a['ai.response.msToFirstChunk'], if(is_claude, a['ttft_ms'], '')))) AS ttft_ms,
    {name:a['tokenboard.service_tier']} AS service_tier,
    toDecimal64OrNull(a['tokenboard.reported_cost_usd'], 12) AS reported_cost_usd,
    if(StatusCode = 'Error' OR t_error != '', 'error', 'ok') AS status,
    {name:t_error} AS error_type,
    toUInt16OrZero(firstNonDefault(
        a['http.response.status_code'], a['http.status_code'], if(is_claude, a['status_code'], ''))) AS http_status,
    {name:if(startsWith(t_finish, '['), JSONExtractString(t_finish, 1), t_finish)} AS finish_reason,
    toUInt16OrZero(firstNonDefault(a['tokenboard.attempt'], if(is_claude, a['attempt'], ''))) AS attempt,
    toUInt32OrNull(a['tokenboard.request.messages']) AS request_messages,
    toUInt64OrNull(a['tokenboard.request.bytes']) AS request_bytes,
    {name:a['tokenboard.prompt.hash']} AS prompt_hash,
    if(what = 'tool', [{name:t_tool}], {list:a['tokenboard.tool_calls.names']}) AS tool_names,
    if(what = 'tool', [{name:firstNonDefault(a['gen_ai.tool.call.id'], a['ai.toolCall.id'], a['tool.id'])}],
        {list:a['tokenboard.tool_calls.hashes']}) AS tool_hashes,
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
                -- what these leave out of the input
                ifNull(said[3], 0) + ifNull(said[4], 0) AS cached,
                if(cached != 0 AND (is_claude OR is_bare OR (t_span_kind != '' AND cached > said[1])),
                    arrayConcat([said[1] + cached], arraySlice(said, 2)), said) AS counts
            FROM
            (
                SELECT
                    *,
                    -- 100 million tokens in one call is a hundred times the longest context there is
                    arrayMap(t -> if({count:t} BETWEEN 0 AND 100000000, {count:t}, NULL), texts) AS said,
                    longest > 256 AS bad_name,
                    NOT isValidUTF8(names) AS bad_utf8
                FROM
                (
                    SELECT
                        *,
                        [
                            -- of several spellings the first that is present
                            firstNonDefault(
                                a['gen_ai.usage.input_tokens'], a['gen_ai.usage.prompt_tokens'],
                                a['llm.token_count.prompt'], a['ai.usage.inputTokens'], a['ai.usage.promptTokens'],
                                a['ai.usage.tokens'], if(is_claude, a['input_tokens'], '')),
                            firstNonDefault(
                                a['gen_ai.usage.output_tokens'], a['gen_ai.usage.completion_tokens'],
                                a['llm.token_count.completion'], a['ai.usage.outputTokens'],
                                a['ai.usage.completionTokens'], if(is_claude, a['output_tokens'], '')),
                            firstNonDefault(
                                a['gen_ai.usage.cache_read.input_tokens'], a['gen_ai.usage.cache_read_input_tokens'],
                                a['llm.token_count.prompt_details.cache_read'],
                                a['ai.usage.inputTokenDetails.cacheReadTokens'], a['ai.usage.cachedInputTokens'],
                                if(is_claude, a['cache_read_tokens'], '')),
                            firstNonDefault(
                                a['gen_ai.usage.cache_write.input_tokens'],
                                a['gen_ai.usage.cache_creation.input_tokens'],
                                a['gen_ai.usage.cache_creation_input_tokens'],
                                a['llm.token_count.prompt_details.cache_write'],
                                a['ai.usage.inputTokenDetails.cacheWriteTokens'],
                                if(is_claude, a['cache_creation_tokens'], '')),
                            a['tokenboard.usage.cache_write_1h.input_tokens'],
                            firstNonDefault(
                                a['gen_ai.usage.reasoning.output_tokens'], a['gen_ai.usage.reasoning_tokens'],
                                a['llm.token_count.completion_details.reasoning'],
                                a['ai.usage.outputTokenDetails.reasoningTokens'], a['ai.usage.reasoningTokens']),
                            firstNonDefault(
                                a['tokenboard.usage.audio.input_tokens'], a['llm.token_count.prompt_details.audio']),
                            firstNonDefault(
                                a['tokenboard.usage.audio.output_tokens'],
                                a['llm.token_count.completion_details.audio'])
                        ] AS texts,
                        concat(
                            t_user, t_model, t_request_model, t_session, t_provider, t_operation, ServiceName,
                            t_agent, t_team, t_task, t_response_id, t_tool, t_end_user) AS names,
                        greatest(
                            length(t_user), length(t_model), length(t_request_model), length(t_session),
                            length(t_provider), length(t_operation), length(ServiceName), length(t_agent),
                            length(t_team), length(t_task), length(t_response_id), length(t_tool),
                            length(t_end_user)) AS longest,
                        multiIf(
                            t_vercel != '' AND NOT match(t_vercel, '(\\.do\\w+|\\.toolCall)$'), '',
                            t_operation = 'execute_tool', 'tool',
                            t_operation IN ('invoke_agent', 'invoke_workflow'), 'agent',
                            t_span_kind IN ('LLM', 'EMBEDDING'), 'call',
                            t_span_kind != '' AND t_operation = '', '',
                            t_operation = '' AND startsWith(SpanName, 'task ') AND t_task != '', 'task',
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
                            SpanName = 'claude_code.llm_request' AS is_claude,
                            a['ai.operationId'] AS t_vercel,
                            a['openinference.span.kind'] AS t_span_kind,
                            -- the AI SDK before version 6: Anthropic's input as Anthropic counts it
                            startsWith(a['ai.model.provider'], 'anthropic')
                                AND a['ai.usage.inputTokenDetails.noCacheTokens'] = '' AS is_bare,
                            multiIf(
                                a['gen_ai.operation.name'] != '', a['gen_ai.operation.name'],
                                a['llm.request.type'] != '', a['llm.request.type'],
                                t_span_kind != '', transform(t_span_kind,
                                    ['LLM', 'EMBEDDING', 'TOOL', 'AGENT'],
                                    ['chat', 'embeddings', 'execute_tool', 'invoke_agent'], ''),
                                t_vercel != '', multiIf(
                                    endsWith(t_vercel, '.toolCall'), 'execute_tool',
                                    endsWith(t_vercel, '.doEmbed'), 'embeddings', 'chat'),
                                a['traceloop.span.kind'] = 'tool', 'execute_tool',
                                '') AS t_operation,
                            firstNonDefault(
                                a['gen_ai.provider.name'], a['gen_ai.system'], a['ai.model.provider'], a['llm.provider'],
                                a['llm.system']) AS t_provider,
                            firstNonDefault(
                                a['gen_ai.request.model'], a['gen_ai.response.model'], a['llm.model_name'],
                                a['embedding.model_name'], a['ai.model.id']) AS t_request_model,
                            firstNonDefault(
                                a['gen_ai.response.model'], a['ai.response.model'], t_request_model) AS t_model,
                            a['tokenboard.user.source'] AS t_source,
                            if(is_claude AND t_source = '',
                                firstNonDefault(
                                    a['user.email'], a['user.account_uuid'], a['user.account_id'], a['user.id']),
                                firstNonDefault(
                                    a['user.id'], a['enduser.id'], a['traceloop.association.properties.user_id'],
                                    a['ai.telemetry.metadata.userId'], r['user.id'], r['enduser.id'])) AS t_user,
                            firstNonDefault(
                                a['gen_ai.conversation.id'], a['session.id'],
                                a['traceloop.association.properties.session_id'],
                                a['ai.telemetry.metadata.sessionId']) AS t_session,
                            firstNonDefault(a['tokenboard.team'], r['tokenboard.team']) AS t_team,
                            r['service.namespace'] AS t_project,
                            a['tokenboard.end_user.id'] AS t_end_user,
                            a['tokenboard.task.id'] AS t_task,
                            if(is_claude, 'claude-code', a['gen_ai.agent.name']) AS t_agent,
                            firstNonDefault(
                                a['gen_ai.tool.name'], a['tool.name'], a['ai.toolCall.name'],
                                a['traceloop.entity.name']) AS t_tool,
                            -- Claude Code puts the request's id there
                            if(is_claude, '', firstNonDefault(a['gen_ai.response.id'], a['ai.response.id'])) AS t_response_id,
                            a['tokenboard.trigger'] AS t_trigger,
                            if(a['error.type'] != '' OR NOT is_claude OR a['success'] != 'false', a['error.type'],
                                firstNonDefault(a['status_code'], 'error')) AS t_error,
                            firstNonDefault(a['gen_ai.response.finish_reasons'], a['ai.response.finishReason']) AS t_finish
                        FROM {db}.otel_traces
                        WHERE Timestamp >= toDateTime64('2015-01-01 00:00:00', 9, 'UTC')
                            AND Timestamp < toDateTime64('2100-01-01 00:00:00', 9, 'UTC')
                            AND hasAny(mapKeys(SpanAttributes), [
                                'gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.system', 'llm.request.type',
                                'openinference.span.kind', 'ai.operationId', 'traceloop.span.kind', 'tokenboard.task.id'])
                    )
                    WHERE what != ''
                )
            )
        )
    )
)
