-- title: Budgets of this month
-- description: What share of this month's budget is spent, by person and team that has one.
SELECT
    CAST(scope, 'String') AS scope,
    toString(name) AS name,
    toFloat64(share) AS value
FROM budget_status
WHERE month = toStartOfMonth(toDate(now(), 'UTC'))
