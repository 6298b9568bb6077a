-- title: Calls without a price
-- description: Calls of the last day whose usage is known and whose price is not, by provider and model.
SELECT
    CAST(provider, 'String') AS provider,
    CAST(model, 'String') AS model,
    toFloat64(sum(unpriced_calls)) AS value
FROM usage_1h
WHERE hour >= toStartOfHour(now()) - INTERVAL 1 DAY
GROUP BY provider, model
HAVING sum(calls) > sum(unknown_calls)
