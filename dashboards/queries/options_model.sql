-- title: Models to choose from
-- description: Every model with calls in the time range, most used first.
SELECT model AS value
FROM usage_cube_1d
WHERE dimensions = 'model' AND day BETWEEN toDate($__fromTime, 'UTC') AND toDate($__toTime, 'UTC') AND model != ''
GROUP BY model
ORDER BY sum(gross_tokens) DESC
LIMIT 1000
