-- title: Step by step
-- description: Every step in order: a person spoke, a model answered, a tool was called. Loop says which rule of
--   tokenboard.loops the step is part of, deducted which rule took the call's tokens out of net, evaluated what was told
--   of the answer within its own span (gen_ai.evaluation.result).
WITH
-- include: session
    ,
-- include: marked_steps
    ,
    -- Evaluations lie by the hour: with the session's bounds few of them are read.
    (SELECT (min(hour), max(last_ts)) FROM told_session_hours WHERE session_id = wanted) AS bounds,
    evaluated AS
    (
        SELECT
            concat(lower(hex(e.trace_id)), '-', lower(hex(e.span_id))) AS call_id,
            arrayStringConcat(arraySort(groupArray(
                concat(e.name, if(isNull(e.score), '', concat(' ', toString(round(e.score, 2)))),
                    if(e.label = '', '', concat(' ', e.label))))), ', ') AS said
        FROM evaluations AS e FINAL
        WHERE e.hour >= bounds.1 AND e.hour <= bounds.2 + INTERVAL 1 DAY
        GROUP BY call_id
    )
SELECT
    dateDiff('millisecond', min(s.ts) OVER (), s.ts) / 1000 AS after,
    concat(repeat('  ', greatest(s.agent_depth, 1) - 1), s.agent) AS agent,
    if(s.kind = 'user' AND s.agent_depth > 1, 'instruction',
        transform(s.kind, ['user', 'llm', 'tool'], ['human', 'model', 'tool'], '')) AS kind,
    s.name AS what,
    s.input_tokens AS input_tokens,
    s.cache_read_tokens AS cache_read_tokens,
    s.output_tokens AS output_tokens,
    s.cost_usd AS cost_usd,
    s.duration_ms AS duration_ms,
    s.loop AS loop,
    if(s.kind = 'llm', toString(d.rule), '') AS deducted,
    s.error_type AS error_type,
    if(s.kind = 'llm', v.said, '') AS evaluated,
    if(s.kind = 'user', '', concat(substring(s.trace_id, 1, 8), '…')) AS trace,
    s.trace_id AS trace_id
FROM marked AS s
LEFT JOIN (SELECT call_id, any(rule) AS rule FROM deductions WHERE session_id = wanted GROUP BY call_id) AS d
    ON d.call_id = s.call_id
LEFT JOIN evaluated AS v ON v.call_id = s.call_id
ORDER BY s.ts, s.position
LIMIT 2000
