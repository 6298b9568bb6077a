-- title: Teams to choose from
-- description: Every team that somebody worked for in the last 90 days; (none) stands for people
--   without one.
SELECT DISTINCT if(team = '', '(none)', team) AS value
FROM standings
WHERE window_days = 90 AND subject = 'user'
ORDER BY value = '(none)', value
LIMIT 1000
