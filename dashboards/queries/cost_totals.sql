-- title: Cost
-- description: Estimated cost at list prices in the time range, of the chosen teams, models and agents.
WITH
    ['model'] AS shown,
-- include: cube
    ,
-- include: base_prices
    ,
    spent AS
    (
        SELECT
            toFloat64(sumIf(cost_usd, day >= toStartOfMonth(toDate(now(), 'UTC')))) AS month_usd,
            toFloat64(sumIf(cost_usd, day > toDate(now(), 'UTC') - 7)) / 7 AS daily_usd
        FROM usage_cube_1d
        WHERE dimensions = told_apart
            AND day >= least(toStartOfMonth(toDate(now(), 'UTC')), toDate(now(), 'UTC') - 6)
-- include: of_models_and_agents
            AND $__conditionalAll((has(picked_teams, '*') OR has(picked_teams, if(team = '', '(none)', team))), $team)
    )
SELECT
    sum(u.cost_usd) AS cost_usd,
    if(seconds < 86400, NULL, toFloat64(cost_usd) / (seconds / 86400)) AS usd_per_day,
    (SELECT month_usd + daily_usd
            * dateDiff('day', toDate(now(), 'UTC') + 1, addMonths(toStartOfMonth(toDate(now(), 'UTC')), 1)) FROM spent)
        AS month_end_usd,
    sum(u.cache_read_tokens / 1e6 * toFloat64(p.rates.1 - p.rates.2)
        - u.cache_write_tokens / 1e6 * toFloat64(p.rates.3 - p.rates.1)) AS cache_saved_usd,
    sum(u.waste_usd) AS waste_usd,
    if(sum(u.gross_tokens) = 0, NULL, toFloat64(cost_usd) * 1e6 / sum(u.gross_tokens)) AS usd_per_million,
    sum(u.unpriced_calls) AS unpriced_calls,
    sum(u.unknown_calls) AS unknown_calls
FROM usage AS u
LEFT JOIN base_prices AS p ON p.priced_provider = u.provider AND p.priced_model = u.model
HAVING count() > 0
