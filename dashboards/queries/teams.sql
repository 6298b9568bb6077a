-- title: Teams
-- description: placeholder
SELECT 1 AS x
