-- title: Podium
-- description: The first three by net tokens, of the chosen teams, in the time range.
WITH
-- include: board
SELECT
    concat(toString(row_number() OVER (ORDER BY place)), '. ', display_name) AS person,
    net_tokens
FROM board
WHERE place > 0 AND ('${team:customqueryparam:v}' != 'v=*' OR place <= 3)
ORDER BY place
LIMIT 3
