-- title: By project
-- description: Estimated cost at list prices in the time range by project, the largest first; (none) stands for calls that name no
--   project. Calls without a known price or usage are not in it.
WITH
    ['project service'] AS shown,
-- include: cube
    ,
-- include: team_projects
SELECT if(u.project = '', '(none)', u.project) AS name, sum(u.cost_usd) AS cost_usd
FROM
(
    SELECT project, cost_usd FROM usage WHERE has(picked_teams, '*')
    UNION ALL
    SELECT project, cost_usd FROM team_projects
) AS u
GROUP BY name
HAVING cost_usd > 0
ORDER BY cost_usd DESC
LIMIT 20
