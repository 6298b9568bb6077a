-- Emitter family: coding agents that report each call as a log record. Their metrics say the same once more and are
-- never added. What each of them documents:
--   Claude Code  claude_code.api_request, api_error, tool_result; its input leaves out what was cached
--                https://code.claude.com/docs/en/monitoring-usage
--   Codex CLI    codex.sse_event of kind response.completed, api_request that failed, tool_result
--                https://github.com/openai/codex/blob/main/codex-rs/otel/src/events/session_telemetry.rs
--   Gemini CLI   gemini_cli.api_response, api_error, tool_call; thoughts stand beside the output
--                https://github.com/google-gemini/gemini-cli/blob/main/docs/cli/telemetry.md
--   Cursor       api_request, api_error of the scope cursor.telemetry; its input leaves out what was cached
--                https://cursor.com/docs/enterprise/opentelemetry-export/wire
-- A record has no id of its own but Cursor's: what it says is its id, so that a replay is the same row. A session's
-- records are one trace, or that which they say. They come when the call is over: the start is so much earlier.
-- Columns that no agent tells of are not named here: they are empty.
-- A view that throws would reject the whole raw batch: only conversions that answer NULL on nonsense stand here.
CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.emissions_from_agent_logs {on_cluster}
TO {db}.emissions
AS
SELECT
    toStartOfInterval(toDateTime(started, 'UTC'), INTERVAL 10 MINUTE, 'UTC') AS slot,
    if(event_kind = 'tool', 'tool', 'call') AS kind,
    if(TraceId = '', toFixedString(sipHash128(product, t_session), 16), {id16:TraceId}) AS trace_id,
    reinterpretAsFixedString(sipHash64(product, if(t_event_id = '', toString(content), t_event_id))) AS span_id,
    cityHash64(
        Timestamp, ServiceName, Body, t_user, t_project,
        arraySum(arrayMap((k, v) -> cityHash64(k, v), mapKeys(a), mapValues(a)))) AS content,
    -toUnixTimestamp64Micro(now64(6)) AS seniority,
    {id8:SpanId} AS parent_span_id,
    started AS ts,
    toUInt64(took * 1000000) AS duration_ns,
    product AS emitter,
    {name:ServiceName} AS service,
    {name:t_project} AS project,
    {name:t_user} AS user_id,
    multiIf(
        t_user = '', 'none',
        t_source IN ('context', 'baggage', 'environment', 'login', 'credential'), t_source,
        'telemetry') AS user_source,
    {name:t_team} AS team,
    product AS agent,
    1 AS agent_depth,
    {name:t_session} AS session_id,
    if(event_kind = 'tool', 'execute_tool', 'chat') AS operation,
    {provider:t_provider} AS provider,
    {name:t_model} AS model,
    {name:t_model} AS request_model,
    {name:firstNonDefault(a['request_id'], a['cursor.request.id'])} AS provider_request_id,
    trusted[1] AS input_tokens,
    trusted[2] AS output_tokens,
    trusted[3] AS cache_read_tokens,
    trusted[4] AS cache_write_tokens,
    trusted[5] AS reasoning_tokens,
    toFloat32OrNull(a['ttft_ms']) AS ttft_ms,
    if(event_kind = 'tool', NULL, toDecimal64OrNull(a['cost_usd'], 12)) AS reported_cost_usd,
    if(failed, 'error', 'ok') AS status,
    {name:t_error} AS error_type,
    toUInt16OrZero(t_status) AS http_status,
    {name:if(startsWith(t_finish, '['), JSONExtractString(t_finish, 1), t_finish)} AS finish_reason,
    toUInt16OrZero(a['attempt']) AS attempt,
    if(event_kind = 'tool', [{name:t_tool}], []) AS tool_names,
    if(event_kind = 'tool', [{name:firstNonDefault(a['tool_use_id'], a['call_id'])}], []) AS tool_hashes,
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
            arrayExists((t, n) -> t != '' AND isNull(n), texts, said) AS bad_count,
            ifNull(ifNull(counts[3], 0) + ifNull(counts[4], 0) > counts[1], 0)
                OR ifNull(counts[5] > counts[2], 0) AS bad_subset
        FROM
        (
            SELECT
                *,
                [
                    if(product IN ('claude-code', 'cursor'),
                        said[1] + ifNull(said[3], 0) + ifNull(said[4], 0), said[1]),
                    -- Gemini counts thoughts, and what tools put into the prompt, beside the rest
                    if(product = 'gemini-cli', said[2] + ifNull(said[5], 0), said[2]),
                    said[3], said[4], said[5]
                ] AS counts
            FROM
            (
                SELECT
                    *,
                    arrayMap(t -> if({count:t} BETWEEN 0 AND 100000000, {count:t}, NULL), texts) AS said,
                    longest > 256 AS bad_name,
                    NOT isValidUTF8(names) AS bad_utf8,
                    subtractMilliseconds(Timestamp, toInt64(took)) AS started
                FROM
                (
                    SELECT
                        *,
                        if(event_kind != 'call', emptyArrayString(), [
                            firstNonDefault(
                                a['input_tokens'], a['input_token_count'], a['cursor.api.request.input_tokens']),
                            firstNonDefault(
                                a['output_tokens'], a['output_token_count'], a['cursor.api.request.output_tokens']),
                            firstNonDefault(
                                a['cache_read_tokens'], a['cached_token_count'], a['cached_content_token_count'],
                                a['cursor.api.request.cache_read_tokens']),
                            firstNonDefault(
                                a['cache_creation_tokens'], a['cursor.api.request.cache_creation_tokens']),
                            firstNonDefault(a['reasoning_token_count'], a['thoughts_token_count'])
                        ]) AS texts,
                        concat(
                            t_user, t_model, t_session, t_project, t_team, t_tool, ServiceName) AS names,
                        greatest(
                            length(t_user), length(t_model), length(t_session), length(t_project), length(t_team),
                            length(t_tool), length(ServiceName)) AS longest,
                        -- a day at most: a clock of nonsense must not move the call
                        least(greatest(ifNull(toInt64OrNull(a['duration_ms']), 0), 0), 86400000) AS took,
                        event_kind = 'error'
                            OR (event_kind = 'tool' AND a['success'] = 'false') AS failed,
                        if(failed, firstNonDefault(a['error_type'], a['error.type'], t_status, 'error'), '') AS t_error
                    FROM
                    (
                        SELECT
                            Timestamp, TraceId, SpanId, ServiceName, Body, a,
                            multiIf(
                                startsWith(t_event, 'claude_code.'), 'claude-code',
                                startsWith(t_event, 'codex.'), 'codex',
                                startsWith(t_event, 'gemini_cli.'), 'gemini-cli',
                                'cursor') AS product,
                            multiIf(
                                t_event IN ('claude_code.api_request', 'gemini_cli.api_response', 'cursor.api_request'),
                                'call',
                                t_event IN ('claude_code.api_error', 'gemini_cli.api_error', 'cursor.api_error'),
                                'error',
                                t_event IN ('claude_code.tool_result', 'codex.tool_result', 'gemini_cli.tool_call'),
                                'tool',
                                t_event = 'codex.sse_event' AND a['input_token_count'] != '', 'call',
                                t_event = 'codex.sse_event' AND a['event.kind'] IN ('response.failed', 'response.completed')
                                    AND a['error.message'] != '', 'error',
                                t_event = 'codex.api_request'
                                    AND (a['error.message'] != ''
                                        OR toUInt16OrZero(a['http.response.status_code']) >= 400), 'error',
                                '') AS event_kind,
                            a['tokenboard.user.source'] AS t_source,
                            -- who the person is, before which installation it is
                            firstNonDefault(
                                if(t_source != '', a['user.id'], ''), a['user.email'], a['user.account_uuid'],
                                a['user.account_id'], a['cursor.user.email'], r['user.email'], r['cursor.user.id'],
                                a['user.id'], r['user.id'], a['installation.id']) AS t_user,
                            firstNonDefault(
                                a['session.id'], a['conversation.id'], a['cursor.conversation.id'], r['session.id'])
                                AS t_session,
                            firstNonDefault(a['model'], a['cursor.model.name']) AS t_model,
                            multiIf(
                                product = 'claude-code', 'anthropic',
                                product = 'codex', 'openai',
                                product = 'gemini-cli', if(a['auth_type'] = 'vertex-ai', 'gcp.vertex_ai', 'gcp.gemini'),
                                -- Cursor does not say whose the model is
                                match(t_model, '^claude'), 'anthropic',
                                match(t_model, '^(gpt|o[0-9]|codex)'), 'openai',
                                match(t_model, '^gemini'), 'gcp.gemini',
                                match(t_model, '^grok'), 'x_ai',
                                'cursor') AS t_provider,
                            firstNonDefault(a['tokenboard.team'], r['tokenboard.team']) AS t_team,
                            r['service.namespace'] AS t_project,
                            firstNonDefault(a['tool_name'], a['function_name']) AS t_tool,
                            a['cursor.event.id'] AS t_event_id,
                            firstNonDefault(a['http.response.status_code'], a['status_code']) AS t_status,
                            a['finish_reasons'] AS t_finish
                        FROM
                        (
                            SELECT
                                Timestamp, TraceId, SpanId, ServiceName, Body,
                                LogAttributes AS a,
                                ResourceAttributes AS r,
                                firstNonDefault(LogAttributes['event.name'], EventName, Body) AS said_event,
                                multiIf(
                                    startsWith(ScopeName, 'com.anthropic.claude_code')
                                        OR startsWith(Body, 'claude_code.') OR startsWith(EventName, 'claude_code.'),
                                    concat('claude_code.', replaceOne(said_event, 'claude_code.', '')),
                                    ScopeName = 'cursor.telemetry',
                                    concat('cursor.', replaceOne(replaceOne(said_event, 'cursor.', ''), '.', '_')),
                                    startsWith(said_event, 'codex.') OR startsWith(said_event, 'gemini_cli.'), said_event,
                                    '') AS t_event
                            FROM {db}.otel_logs
                            WHERE Timestamp >= toDateTime64('2015-01-01 00:00:00', 9, 'UTC')
                                AND Timestamp < toDateTime64('2100-01-01 00:00:00', 9, 'UTC')
                                AND length(said_event) < 64
                        )
                        WHERE t_event != ''
                    )
                    WHERE event_kind != ''
                )
            )
        )
    )
)
