-- title: What boards need not read
-- description: Begins a comment that ends with what boards read where the standings are not ready for the time range; two
--   dashes where they are not. Filled in by the dashboard, not by who looks at it.
WITH
-- include: way
SELECT if(way > 0, '/*', '--') AS value
