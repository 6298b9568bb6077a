-- title: Budgets of this month
-- description: What share of this month's budget is spent, by person and team that has one. Who chose not to be named is
--   not named, teams of fewer people than the setting min_cohort are told of as one: the figure is the highest of theirs.
WITH
-- include: masks
    ,
    (SELECT (every_team, shown_teams) FROM team_cohort) AS cohort,
    cohort.1 AS every_team, cohort.2 AS shown_teams
SELECT
    CAST(b.scope, 'String') AS scope,
    multiIf(scope = 'user', transform(b.name, masks.1, masks.2, b.name),
        every_team OR has(shown_teams, b.name), b.name, '(small teams)') AS name,
    toFloat64(max(b.share)) AS value
FROM budget_status AS b
WHERE b.month = toStartOfMonth(now('UTC'))
GROUP BY scope, name
