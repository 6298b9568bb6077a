-- title: Tokens over time
-- description: placeholder
SELECT 1 AS x
