-- gen_ai.evaluation.result as a log record: its name stands in EventName, or in event.name with older exporters.
CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.evaluations_from_logs {on_cluster}
TO {db}.evaluations
AS
SELECT
    toStartOfHour(toDateTime(Timestamp, 'UTC')) AS hour,
    Timestamp AS ts,
    {name:LogAttributes['gen_ai.response.id']} AS response_id,
    {id16:TraceId} AS trace_id,
    {id8:SpanId} AS span_id,
    {name:LogAttributes['gen_ai.evaluation.name']} AS name,
    if(isFinite(toFloat64OrZero(LogAttributes['gen_ai.evaluation.score.value'])),
        toFloat64OrNull(LogAttributes['gen_ai.evaluation.score.value']), NULL) AS score,
    {name:LogAttributes['gen_ai.evaluation.score.label']} AS label,
    substringUTF8(toValidUTF8(LogAttributes['gen_ai.evaluation.explanation']), 1, 4096) AS explanation,
    {name:ServiceName} AS service
FROM {db}.otel_logs
WHERE (EventName = 'gen_ai.evaluation.result' OR LogAttributes['event.name'] = 'gen_ai.evaluation.result')
    AND Timestamp >= toDateTime64('2015-01-01 00:00:00', 9, 'UTC') AND Timestamp <= now() + INTERVAL 1 HOUR
