-- title: Budgets
-- description: Each budget of this month (UTC): spent so far, what the month will have cost if the rate of the last seven
--   days goes on, and the day on which the budget was or will be used up. Only priced calls count. Who chose not to be
--   named is not named; budgets of teams of fewer people than the setting min_cohort are left out.
WITH
-- include: masks
    ,
    (SELECT (every_team, shown_teams) FROM team_cohort) AS cohort,
    cohort.1 AS every_team, cohort.2 AS shown_teams
SELECT
    scope, if(scope = 'user', transform(b.name, masks.1, masks.2, b.name), b.name) AS name,
    toFloat64(share) AS used,
    spent_usd,
    budget_usd,
    toFloat64(spent_usd) + toFloat64(daily_usd) * dateDiff('day', toDate(now(), 'UTC') + 1, addMonths(month, 1)) AS month_end_usd,
    if(isNull(reached_on), '', formatDateTime(reached_on, '%e %b')) AS used_up,
    unpriced_calls
FROM budget_status AS b
WHERE month = toStartOfMonth(toDate(now(), 'UTC')) AND (scope != 'team' OR every_team OR has(shown_teams, b.name))
ORDER BY used DESC, scope, name
LIMIT 200
