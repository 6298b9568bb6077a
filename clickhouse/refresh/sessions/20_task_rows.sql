-- when: SELECT count() > 0 FROM {db}.call_rows WHERE slot IN ({slots}) AND task_id != ''
-- Stage sessions: what was used for each task in some hours.
INSERT INTO {db}.task_usage_rows
(
    hour, generation, task_id, calls, failed_calls, unpriced_calls, human_turns, input_tokens, output_tokens,
    gross_tokens, net_tokens, cost_usd, duration_ms
)
SELECT
    toStartOfHour(c.slot) AS hour, {generation}, c.task_id, count(), countIf(c.status = 'error'),
    countIf(c.usage_known AND isNull(c.cost_usd)),
    countIf(c.trigger = 'user' AND c.attempt <= 1 AND c.agent_depth <= 1), sum(c.input_tokens),
    sum(c.output_tokens), sum(toUInt64(ifNull(c.input_tokens, 0)) + ifNull(c.output_tokens, 0)) AS gross,
    gross - sum(d.tokens), sum(c.cost_usd), sum(c.duration_ms)
FROM {db}.call_rows AS c
LEFT JOIN
(
    SELECT trace_id, span_id, tokens
    FROM {db}.deduction_rows
    WHERE hour IN ({units})
        AND (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'deductions')
) AS d ON d.trace_id = c.trace_id AND d.span_id = c.span_id
WHERE c.slot IN ({slots}) AND c.task_id != ''
    AND {live:c.slot, c.generation}
GROUP BY hour, c.task_id
