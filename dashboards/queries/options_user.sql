-- title: People to choose from
-- description: Everybody with calls in the last 90 days, most net tokens first; (none) stands for
--   calls whose user is not known.
SELECT if(name = '', '(none)', name) AS value, display_name AS text
FROM standings
WHERE window_days = 90 AND subject = 'user'
ORDER BY isNull(rank), rank
LIMIT 5000
