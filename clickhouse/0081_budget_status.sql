-- Every budget by month, this one and the eleven before it: what was spent of it, at what rate, and the day on which it
-- was or will be reached. daily_usd is the rate of the last seven days (of a month that is over, its mean); at that rate
-- reached_on lies in the future while the budget is not used up, and is NULL when the month ends first. Money is that of
-- the priced calls: unpriced_calls says how many more there are. A person's spending counts for the team that the table
-- people names, else for that of the call.
CREATE OR REPLACE VIEW {db}.budget_status {on_cluster} AS
SELECT
    scope, name, month, budget_usd, spent_usd,
    toFloat64(spent_usd) / toFloat64(budget_usd) AS share,
    toDecimal128(rate, 12) AS daily_usd,
    multiIf(
        spent_usd >= budget_usd, days[arrayFirstIndex(total -> total >= budget_usd, arrayCumSum(spent))],
        NOT is_now OR rate <= 0, NULL,
        ahead >= dateDiff('day', today, addMonths(month, 1)), NULL,
        addDays(today, toUInt16(ahead))) AS reached_on,
    unpriced_calls
FROM
(
    SELECT
        CAST(b.scope, 'String') AS scope, b.name AS name, b.month AS month, b.usd AS budget_usd,
        toDate(now(), 'UTC') AS today,
        month = toStartOfMonth(today) AS is_now,
        arrayMap(d -> d.1, s.by_day) AS days,
        arrayMap(d -> toDecimal128(ifNull(d.2, 0), 12), s.by_day) AS spent,
        toDecimal128(arraySum(spent), 12) AS spent_usd,
        if(is_now, s.recent / greatest(1, s.recent_days), toFloat64(spent_usd) / dateDiff('day', month, addMonths(month, 1))) AS rate,
        least(toFloat64(budget_usd - spent_usd) / rate, 1000.) AS ahead,
        s.unpriced AS unpriced_calls
    FROM
    (
        SELECT scope, name, month, argMax(monthly_usd, valid_from) AS usd
        FROM (SELECT * FROM {db}.budgets FINAL) AS all_budgets
        CROSS JOIN
        (
            SELECT arrayJoin(arrayMap(n -> subtractMonths(toStartOfMonth(toDate(now(), 'UTC')), n), range(12))) AS month
        ) AS months
        WHERE valid_from <= month
        GROUP BY scope, name, month
        HAVING usd > 0
    ) AS b
    LEFT JOIN
    (
        SELECT
            scope, name, month,
            arraySort(groupArrayIf((day, usd), day >= month)) AS by_day,
            sumIf(unpriced, day >= month) AS unpriced,
            toFloat64(ifNull(sumIf(usd, is_recent), 0)) AS recent,
            -- who began three days ago has a rate of three days
            greatest(1., least(7., dateDiff('second', toDateTime(minIf(day, is_recent), 'UTC'), now()) / 86400)) AS recent_days
        FROM
        (
            SELECT
                day, usd, unpriced, scoped.1 AS scope, scoped.2 AS name,
                day > toDate(now(), 'UTC') - 7 AS is_recent,
                -- the rate of a month's first days looks back into the month before
                arrayJoin(arrayDistinct(
                    [toStartOfMonth(day), toStartOfMonth(if(is_recent, toDate(now(), 'UTC'), day))])) AS month
            FROM
            (
                SELECT
                    arrayJoin([
                        ('user', u.user_id), ('team', if(p.team = '', CAST(u.team, 'String'), p.team))]) AS scoped,
                    u.day AS day, sum(u.cost_usd) AS usd, sum(u.unpriced_calls) AS unpriced
                FROM {db}.usage_1d AS u
                LEFT JOIN (SELECT person_id, team FROM {db}.people FINAL) AS p ON p.person_id = u.user_id
                WHERE u.day >= subtractMonths(toStartOfMonth(toDate(now(), 'UTC')), 12)
                GROUP BY scoped, day
            )
            WHERE scoped IN (SELECT CAST(scope, 'String'), name FROM {db}.budgets)
        )
        GROUP BY scope, name, month
    ) AS s ON s.scope = CAST(b.scope, 'String') AND s.name = b.name AND s.month = b.month
)
