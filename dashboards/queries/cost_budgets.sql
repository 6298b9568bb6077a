-- title: Budgets
-- description: Each budget of this month (UTC): spent so far, what the month will have cost if the rate of the last seven
--   days goes on, and the day on which the budget was or will be used up. Only priced calls count.
SELECT
    scope, name,
    toFloat64(share) AS used,
    spent_usd,
    budget_usd,
    toFloat64(spent_usd) + toFloat64(daily_usd) * dateDiff('day', toDate(now(), 'UTC') + 1, addMonths(month, 1)) AS month_end_usd,
    if(isNull(reached_on), '', formatDateTime(reached_on, '%e %b')) AS used_up,
    unpriced_calls
FROM budget_status
WHERE month = toStartOfMonth(toDate(now(), 'UTC'))
ORDER BY used DESC, scope, name
LIMIT 200
