-- Stage sessions: what each session did in some hours.
INSERT INTO {db}.session_rows
(
    hour, generation, session_id, user_id, team, project, service, agents, models, tasks, first_ts, last_ts,
    first_human_ts, last_human_ts, calls, failed_calls, unknown_calls, unpriced_calls, human_turns, tool_calls, gross_tokens,
    net_tokens, cost_usd, first_input, largest_input, input_tokens, output_tokens, agent_depth
)
SELECT
    toStartOfHour(c.slot) AS hour, {generation}, c.session_id, c.user_id, any(c.team), any(c.project), any(c.service),
    arraySort(groupUniqArrayIf(c.agent, c.agent != '')), arraySort(groupUniqArrayIf(c.model, c.model != '')),
    arraySort(groupUniqArrayIf(100)(c.task_id, c.task_id != '')),
    min(c.ts), max(addMicroseconds(c.ts, toInt64(c.duration_ms * 1000))),
    minIf(toNullable(c.ts), c.trigger = 'user'), maxIf(toNullable(c.ts), c.trigger = 'user'),
    count(), countIf(c.status = 'error'), countIf(NOT c.usage_known AND c.http_status < 400),
    countIf(c.usage_known AND isNull(c.cost_usd)), countIf(c.trigger = 'user' AND c.attempt <= 1), sum(length(c.tool_hashes)),
    sum(toUInt64(ifNull(c.input_tokens, 0)) + ifNull(c.output_tokens, 0)) AS gross, gross - sum(d.tokens),
    sum(c.cost_usd), argMin(ifNull(c.input_tokens, 0), c.ts), max(ifNull(c.input_tokens, 0)), sum(c.input_tokens),
    sum(c.output_tokens), max(c.agent_depth)
FROM {db}.call_rows AS c
LEFT JOIN
(
    SELECT trace_id, span_id, tokens
    FROM {db}.deduction_rows
    WHERE hour IN ({units})
        AND (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'deductions')
) AS d ON d.trace_id = c.trace_id AND d.span_id = c.span_id
WHERE c.slot IN ({slots}) AND c.session_id != ''
    AND (c.slot, c.generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'calls')
GROUP BY hour, c.session_id, c.user_id
