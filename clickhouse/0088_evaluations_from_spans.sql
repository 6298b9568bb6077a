-- gen_ai.evaluation.result as an event of a span.
CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.evaluations_from_spans {on_cluster}
TO {db}.evaluations
AS
SELECT
    toStartOfHour(toDateTime(event.1, 'UTC')) AS hour,
    event.1 AS ts,
    {name:firstNonDefault(a['gen_ai.response.id'], own_id)} AS response_id,
    {id16:TraceId} AS trace_id,
    {id8:SpanId} AS span_id,
    {name:a['gen_ai.evaluation.name']} AS name,
    if(isFinite(toFloat64OrZero(a['gen_ai.evaluation.score.value'])),
        toFloat64OrNull(a['gen_ai.evaluation.score.value']), NULL) AS score,
    {name:a['gen_ai.evaluation.score.label']} AS label,
    substringUTF8(toValidUTF8(a['gen_ai.evaluation.explanation']), 1, 4096) AS explanation,
    {name:ServiceName} AS service
FROM
(
    SELECT
        TraceId, SpanId, ServiceName, SpanAttributes['gen_ai.response.id'] AS own_id,
        arrayJoin(arrayFilter(
            e -> e.2 = 'gen_ai.evaluation.result',
            arrayZip(Events.Timestamp, Events.Name, Events.Attributes))) AS event,
        event.3 AS a
    FROM {db}.otel_traces
    WHERE has(Events.Name, 'gen_ai.evaluation.result')
)
WHERE event.1 >= toDateTime64('2015-01-01 00:00:00', 9, 'UTC') AND event.1 <= now() + INTERVAL 1 HOUR
