-- title: options_model
-- description: placeholder
SELECT 1 AS x
