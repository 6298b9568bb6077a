-- title: totals
-- description: placeholder
SELECT 1 AS x
