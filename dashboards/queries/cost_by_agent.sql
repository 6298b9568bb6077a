-- title: By agent
-- description: Estimated cost at list prices in the time range by agent, the largest first; (none) stands for calls that name no
--   agent. Calls without a known price or usage are not in it.
WITH
    ['agent'] AS shown,
-- include: cube
SELECT if(u.agent = '', '(none)', u.agent) AS name, sum(u.cost_usd) AS cost_usd
FROM usage AS u
GROUP BY name
HAVING cost_usd > 0
ORDER BY cost_usd DESC
LIMIT 20
