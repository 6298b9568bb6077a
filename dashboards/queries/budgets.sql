-- title: Budgets of this month
-- description: What is spent of each budget of this month (UTC) and when it will be used up at the rate of the last seven
--   days, NULL where the month ends first. Only priced calls count. Who chose not to be named is not named; budgets of
--   teams of fewer people than the setting min_cohort are left out.
WITH
-- include: masks
    ,
    (SELECT (every_team, shown_teams) FROM team_cohort) AS cohort,
    cohort.1 AS every_team, cohort.2 AS shown_teams
SELECT
    b.scope AS scope,
    if(b.scope = 'user', transform(b.name, masks.1, masks.2, b.name), b.name) AS name,
    b.month AS month,
    budget_usd,
    spent_usd,
    share,
    daily_usd,
    reached_on,
    unpriced_calls
FROM budget_status AS b
WHERE b.month = toStartOfMonth(now('UTC')) AND (b.scope != 'team' OR every_team OR has(shown_teams, b.name))
ORDER BY share DESC, scope, name
