-- title: Models
-- description: One person's gross tokens by model in the time range, most used first.
WITH
-- include: person
-- include: usage_of_person
SELECT u.model AS model, sum(u.gross_tokens) AS gross_tokens
FROM usage AS u
WHERE u.model != ''
GROUP BY model
HAVING gross_tokens > 0
ORDER BY gross_tokens DESC
LIMIT 12
