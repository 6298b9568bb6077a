-- title: Context
-- description: Input tokens of each model call, cached ones included, by agent: a line that climbs without a
--   human turn is a context that grows and is paid for again with every step.
WITH
-- include: session
SELECT ts AS time, if(agent = '', 'model', agent) AS who, input_tokens AS tokens
FROM session_steps
WHERE session_id = wanted AND kind = 'llm' AND isNotNull(input_tokens)
ORDER BY time, who
LIMIT 10000
