-- title: Cost by team
-- description: Estimated cost at list prices by day (by hour in ranges under three days) and team as named with the calls;
--   the ten that spent most, the others together.
WITH
    ['team'] AS shown,
-- include: cube
    ,
    by_team AS
    (
        SELECT
            since, sum(cost_usd) AS usd,
            multiIf(team = '', '(none)', every_team OR has(shown_teams, team), team, '(small teams)') AS who
        FROM usage
        GROUP BY since, who
    ),
    placed AS
    (
        SELECT *, dense_rank() OVER (ORDER BY all_usd DESC, who) AS place
        FROM (SELECT *, sum(usd) OVER (PARTITION BY who) AS all_usd FROM by_team)
    )
SELECT
    since AS time,
    if(place <= 10, who, 'others') AS team_name,
    sum(usd) AS cost_usd
FROM placed
WHERE usd > 0
GROUP BY time, team_name
ORDER BY time, team_name
