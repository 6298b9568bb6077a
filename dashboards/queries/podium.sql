-- title: Podium
-- description: placeholder
SELECT 1 AS x
