-- title: Not known
-- description: Models with calls whose price is not known, or whose usage nobody reported: cost and tokens are higher by
--   these. `tokenboard prices sync` looks prices up; asking for usage with streams makes it known.
WITH
    ['model'] AS shown,
-- include: cube
SELECT
    if(u.model = '', '(none)', u.model) AS model,
    any(u.provider) AS provider,
    sum(u.unpriced_calls) AS unpriced_calls,
    sum(u.unknown_calls) AS unknown_calls,
    sum(u.calls) AS calls,
    (unpriced_calls + unknown_calls) / calls AS share
FROM usage AS u
GROUP BY model
HAVING unpriced_calls + unknown_calls > 0
ORDER BY unpriced_calls + unknown_calls DESC
LIMIT 50
