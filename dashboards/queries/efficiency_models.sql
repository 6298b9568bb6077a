-- title: Models
-- description: How each model works: failed calls, waiting (half of the calls, nineteen of twenty), input for each output
--   token (a measure of bloated contexts), cached input and waste.
WITH
    ['model'] AS shown,
-- include: cube
SELECT
    u.model AS model,
-- include: work_columns
    ,
    sum(u.cache_read_tokens) / nullIf(sum(u.input_tokens), 0) AS cache_read_ratio,
    arrayReduce('quantileInterpolatedWeighted(0.5)', arrayMap(i -> 50 * pow(1.25, i - 0.5), range(1, 41)),
        sumForEachIf(u.latency, u.calls > 0)) AS p50_ms,
    arrayReduce('quantileInterpolatedWeighted(0.95)', arrayMap(i -> 50 * pow(1.25, i - 0.5), range(1, 41)),
        sumForEachIf(u.latency, u.calls > 0)) AS p95_ms
FROM usage AS u
WHERE u.model != ''
GROUP BY model
HAVING calls > 0
ORDER BY calls DESC
LIMIT 100
