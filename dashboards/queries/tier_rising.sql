-- title: About to rise
-- description: Who is nearest to the next tier: net tokens of the last thirty days as a share of what it takes, and the
--   days until then at the pace of the last seven. Nobody is expected to: more tokens are no better work.
-- variable: team all=v=*
WITH
    (SELECT arrayMap(v -> decodeURLComponent(substring(v, 3)),
                     splitByChar('&', '${team:customqueryparam:v}'))) AS picked_teams,
-- include: ladder
    ,
    (SELECT arraySort(groupArray((least_tokens, tier))) FROM ladder) AS rungs
SELECT
    display_name,
    tier,
    next.2 AS next_tier,
    net_tokens / next.1 AS progress,
    next.1 - net_tokens AS missing,
    if(week_tokens * 30 > net_tokens * 7, ceil(missing / (week_tokens / 7)), NULL) AS days,
    net_tokens,
    team,
    person
FROM
(
    SELECT
        m.display_name AS display_name, CAST(m.tier, 'String') AS tier, m.net_tokens AS net_tokens,
        w.net_tokens AS week_tokens, if(m.team = '', '(none)', m.team) AS team, m.name AS person,
        arrayFirst(r -> r.1 > m.net_tokens, rungs) AS next
    FROM month AS m
    LEFT JOIN (SELECT name, net_tokens FROM standings WHERE window_days = 7 AND subject = 'user') AS w
        ON w.name = m.name
)
WHERE next.1 > 0 AND (has(picked_teams, '*') OR has(picked_teams, team))
ORDER BY progress DESC, person
LIMIT 250
