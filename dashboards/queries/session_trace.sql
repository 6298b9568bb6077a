-- title: Trace
-- description: The chosen trace of the session, span by span, as the collector stored it. Prompts and answers are
--   left out even where the app was told to record them.
-- variable: trace default=
WITH
    (SELECT decodeURLComponent(substring('${trace:customqueryparam:v}', 3))) AS picked,
    (SELECT (min(Start), max(End)) FROM otel_traces_trace_id_ts WHERE TraceId = picked) AS span_of
SELECT
    TraceId AS traceID,
    SpanId AS spanID,
    ParentSpanId AS parentSpanID,
    ServiceName AS serviceName,
    SpanName AS operationName,
    Timestamp AS startTime,
    Duration / 1000000 AS duration,
    arrayMap(k -> map('key', k, 'value', SpanAttributes[k]), arrayFilter(
        k -> k NOT IN ('gen_ai.input.messages', 'gen_ai.output.messages', 'gen_ai.system_instructions',
            'gen_ai.tool.definitions', 'gen_ai.tool.call.arguments', 'gen_ai.tool.call.result'),
        mapKeys(SpanAttributes))) AS tags,
    arrayMap(k -> map('key', k, 'value', ResourceAttributes[k]), mapKeys(ResourceAttributes)) AS serviceTags,
    StatusCode AS statusCode
FROM otel_traces_all
WHERE TraceId = picked AND Timestamp >= span_of.1 - 1 AND Timestamp <= span_of.2 + 1
ORDER BY startTime
LIMIT 1000
