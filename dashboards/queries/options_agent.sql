-- title: options_agent
-- description: placeholder
SELECT 1 AS x
