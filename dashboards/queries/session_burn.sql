-- title: Burn
-- description: Gross tokens of the session, added up call by call, and the part of them that was deducted from net.
WITH
-- include: session
SELECT
    ts AS time,
    sum(ifNull(s.input_tokens, 0) + ifNull(s.output_tokens, 0)) OVER went AS gross_tokens,
    sum(d.tokens) OVER went AS waste_tokens
FROM session_steps AS s
LEFT JOIN (SELECT call_id, tokens FROM deductions WHERE session_id = wanted) AS d ON d.call_id = s.call_id
WHERE s.session_id = wanted AND s.kind = 'llm'
WINDOW went AS (ORDER BY s.ts, s.span_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
ORDER BY time
LIMIT 10000
