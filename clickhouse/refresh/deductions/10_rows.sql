-- Stage deductions: what is taken from gross, call by call, for some hours. {units} the hours, {slots} the slots to look
-- at: theirs and those of the hour before. The rules and their order stand with the table.
INSERT INTO {db}.deduction_rows
    (hour, generation, ts, rule, user_id, session_id, provider, model, tokens, cost_usd, trace_id, span_id, because)
SELECT
    hour, {generation}, ts, taken AS rule, user_id, session_id, provider, model,
    toUInt64(ifNull(input_tokens, 0)) + ifNull(output_tokens, 0) AS tokens, cost_usd, trace_id, span_id,
    if(taken IN ('retry', 'duplicate'),
        concat(lower(hex(earlier.2)), '-', lower(hex(earlier.3))), '') AS because
FROM
(
    SELECT
        *,
        multiIf(
            cost_usd > 0 AND reported_cost_usd > 0
                AND (reported_cost_usd > 3 * cost_usd OR 10 * reported_cost_usd < cost_usd), 'quarantined',
            status = 'error', 'errored',
            again AND attempt > 1, 'retry',
            again, 'duplicate',
            '') AS taken
    FROM
    (
        SELECT
            *,
            toStartOfHour(slot) AS hour,
            max(if(status = 'ok', (ts, trace_id, span_id),
                (toDateTime64(0, 6, 'UTC'), toFixedString('', 16), toFixedString('', 8)))) OVER
                (PARTITION BY user_id, service, provider, model, prompt_hash ORDER BY ts, trace_id, span_id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier,
            prompt_hash != '' AND dateDiff('second', earlier.1, ts) <= 3600 AS again
        FROM {db}.call_rows
        WHERE slot IN ({slots})
            AND (slot, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'calls')
    )
)
WHERE hour IN ({units}) AND taken != '' AND usage_known
