-- title: options_team
-- description: placeholder
SELECT 1 AS x
