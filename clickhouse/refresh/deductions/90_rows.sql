-- Stage deductions: what is taken from gross, call by call. The rules and their order stand with the table.
INSERT INTO {db}.deduction_rows
    (hour, generation, ts, rule, user_id, session_id, provider, model, tokens, cost_usd, trace_id, span_id, because)
SELECT
    hour, {generation}, ts, taken AS rule, user_id, session_id, provider, model, tokens, cost_usd, trace_id, span_id,
    if(taken IN ('retry', 'duplicate'),
        concat(lower(hex(earlier_trace)), '-', lower(hex(earlier_span))), '') AS because
FROM
(
    SELECT
        t.* EXCEPT (request, thread, asks), a.earlier_trace AS earlier_trace, a.earlier_span AS earlier_span,
        multiIf(
            t.quarantined, 'quarantined',
            status = 'error', 'errored',
            a.found AND attempt > 1, 'retry',
            a.found, 'duplicate',
            (t.trace_id, t.span_id) IN looping, 'loop',
            (t.trace_id, t.span_id) IN idling, 'idle',
            '') AS taken
    FROM told AS t
    LEFT JOIN (SELECT *, true AS found FROM again) AS a ON a.trace_id = t.trace_id AND a.span_id = t.span_id
    WHERE t.hour IN ({units}) AND t.usage_known
)
WHERE taken != ''
