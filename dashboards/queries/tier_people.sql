-- title: People per tier
-- description: How many people are in each tier by their net tokens of the last thirty days, today included, of the
--   chosen teams.
-- variable: team all=v=*
WITH
    (SELECT arrayMap(v -> decodeURLComponent(substring(v, 3)),
                     splitByChar('&', '${team:customqueryparam:v}'))) AS picked_teams,
-- include: ladder
SELECT t.tier AS tier, countIf(m.name != '') AS people
FROM (SELECT tier, least_tokens FROM ladder UNION ALL SELECT 'unranked', 0) AS t
LEFT JOIN
(
    SELECT name, CAST(tier, 'String') AS tier
    FROM month
    WHERE has(picked_teams, '*') OR has(picked_teams, if(team = '', '(none)', team))
) AS m ON m.tier = t.tier
GROUP BY t.tier, t.least_tokens
ORDER BY t.least_tokens
