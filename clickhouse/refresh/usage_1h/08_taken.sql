-- when: SELECT count() > 0 FROM {db}.deduction_rows WHERE hour IN ({units})
INSERT INTO taken
SELECT c.slot, c.user_id, c.team, c.project, c.service, c.agent, c.provider, c.model, d.rule, d.tokens, d.cost_usd
FROM {db}.call_rows AS c
INNER JOIN
(
    SELECT trace_id, span_id, ts, rule, tokens, cost_usd
    FROM {db}.deduction_rows
    WHERE hour IN ({units})
        AND (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'deductions')
) AS d ON d.trace_id = c.trace_id AND d.span_id = c.span_id AND d.ts = c.ts
WHERE c.slot IN ({slots}) AND (c.slot, c.generation) IN (SELECT slot, generation FROM pinned)
    AND c.user_id IN (SELECT user_id FROM {db}.deduction_rows WHERE hour IN ({units}))
