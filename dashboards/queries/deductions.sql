-- title: Deductions
-- description: placeholder
SELECT 1 AS x
