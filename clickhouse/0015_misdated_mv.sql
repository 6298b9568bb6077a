-- Sets aside model spans that come from the future or from before there was such a thing.
CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.misdated_mv {on_cluster}
TO {db}.misdated
AS
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
    AND (SpanAttributes['gen_ai.operation.name'] != '' OR SpanAttributes['gen_ai.system'] != ''
        OR SpanAttributes['tokenboard.task.id'] != '')
