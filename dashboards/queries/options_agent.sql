-- title: Agents to choose from
-- description: Every agent with calls in the time range; (none) stands for calls outside an agent.
SELECT if(agent = '', '(none)', agent) AS value
FROM usage_cube_1d
WHERE dimensions = 'agent' AND day BETWEEN toDate($__fromTime, 'UTC') AND toDate($__toTime, 'UTC') AND calls > 0
GROUP BY value
ORDER BY value = '(none)', sum(gross_tokens) DESC
LIMIT 1000
