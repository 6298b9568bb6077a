-- title: Tiers
-- description: placeholder
SELECT 1 AS x
