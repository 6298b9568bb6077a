-- title: Teams to choose from
-- description: Every team with usage in the time range; (none) stands for usage without one.
SELECT DISTINCT if(team = '', '(none)', team) AS value
FROM usage_1d
WHERE day BETWEEN toDate($__fromTime, 'UTC') AND toDate($__toTime, 'UTC')
ORDER BY value = '(none)', value
LIMIT 1000
