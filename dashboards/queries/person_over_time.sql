-- title: Net tokens by model
-- description: What counts of one person's tokens, by day (by hour in ranges under three days) and
--   model; deducted tokens are left out.
WITH
-- include: person
-- include: usage_of_person
SELECT u.since AS time, u.model AS model, sum(u.net_tokens) AS net_tokens
FROM usage AS u
WHERE u.model != ''
GROUP BY time, model
ORDER BY time, model
