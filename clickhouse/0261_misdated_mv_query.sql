-- The spans that are set aside are those of every family that emissions_from_genai_spans reads, not of two alone.
ALTER TABLE {db}.misdated_mv {on_cluster} MODIFY QUERY
SELECT
    toStartOfInterval(toDateTime(Timestamp, 'UTC'), INTERVAL 10 MINUTE, 'UTC') AS slot,
    {id16:TraceId} AS trace_id,
    {id8:SpanId} AS span_id,
    if(Timestamp > now() AND Timestamp < toDateTime64('2100-01-01 00:00:00', 9, 'UTC'), 'future', 'ancient') AS reason,
    Timestamp AS ts,
    {name:ServiceName} AS service,
    now() AS seen
FROM {db}.otel_traces
WHERE (Timestamp > now() + INTERVAL 1 HOUR OR Timestamp < toDateTime64('2015-01-01 00:00:00', 9, 'UTC'))
    AND (hasAny(mapKeys(SpanAttributes),
            ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.system', 'llm.request.type', 'tokenboard.task.id'])
        OR SpanAttributes['openinference.span.kind'] IN ('LLM', 'EMBEDDING', 'TOOL', 'AGENT')
        OR match(SpanAttributes['ai.operationId'], '([.]do[A-Z][a-z]+|[.]toolCall)$'))
