-- title: Models to choose from
-- description: Every model with calls in the time range, most used first.
SELECT model AS value
FROM usage_1d
WHERE day BETWEEN toDate($__fromTime, 'UTC') AND toDate($__toTime, 'UTC') AND model != ''
GROUP BY model
ORDER BY sum(gross_tokens) DESC
LIMIT 1000
