-- Sets aside coding agents' records from before there was such a thing, which never become emissions: see misdated. A
-- record has no id of its own, so what it says stands in its place.
CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.misdated_from_old_agent_logs {on_cluster}
TO {db}.misdated
AS
SELECT
    toStartOfInterval(toDateTime(Timestamp, 'UTC'), INTERVAL 10 MINUTE, 'UTC') AS slot,
    toFixedString(reinterpretAsString(sipHash128(Timestamp, Body, EventName, LogAttributes)), 16) AS trace_id,
    toFixedString('', 8) AS span_id,
    'ancient' AS reason,
    Timestamp AS ts,
    {name:ServiceName} AS service,
    now() AS seen
FROM {db}.otel_logs
WHERE (Timestamp < toDateTime64('2015-01-01 00:00:00', 9, 'UTC') OR Timestamp >= toDateTime64('2100-01-01 00:00:00', 9, 'UTC'))
    AND match(
        concat(if(startsWith(ScopeName, 'com.anthropic.claude_code') OR ScopeName = 'cursor.telemetry', 'agent.', ''),
            firstNonDefault(LogAttributes['event.name'], EventName, Body)),
        '^(agent[.].*|claude_code[.]|codex[.]|gemini_cli[.]).*(api_request|api.request|api_error|api.error|api_response|sse_event)$')
