-- title: Podium
-- description: The first three by net tokens, of the chosen teams, in the time range.
WITH
-- include: board
SELECT
    concat(toString(row_number() OVER (ORDER BY rank)), '. ', display_name) AS person,
    net_tokens
FROM board
WHERE isNotNull(rank)
ORDER BY rank
LIMIT 3
