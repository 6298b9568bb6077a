-- title: By team
-- description: Estimated cost at list prices in the time range by team, the largest first; (none) stands for calls that name no
--   team. Calls without a known price or usage are not in it.
WITH
    ['team'] AS shown,
-- include: cube
SELECT
    multiIf(u.team = '', '(none)', every_team OR has(shown_teams, u.team), u.team, '(small teams)') AS name,
    sum(u.cost_usd) AS cost_usd
FROM usage AS u
GROUP BY name
HAVING cost_usd > 0
ORDER BY cost_usd DESC
LIMIT 20
