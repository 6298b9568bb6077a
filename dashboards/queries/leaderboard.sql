-- title: Leaderboard
-- description: One row per person with calls in the time range, ranked by net tokens, the first 250: the power users.
--   Movement is against the same range a day earlier. Tiers and titles are of the last 30 days, whatever the range; the
--   trend is net tokens of the fourteen days that end the range, day by day. Three days and more count whole UTC days,
--   today included. With models or agents chosen tasks and mostly sessions are not known. Calls whose user is not known
--   stand last.
WITH
-- include: board
    ,
    -- The standings hold the trends that end today ready.
    toDate($__toTime, 'UTC') = toDate(now(), 'UTC') AS ends_today,
    trends AS
    (
        SELECT name AS trend_of, daily
        FROM standing_trends
        WHERE ends_today
        UNION ALL
        SELECT trend_of, groupArrayInsertAt(0, 14)(net, place) AS daily
        FROM
        (
            SELECT user_id AS trend_of, toUInt32(13 - dateDiff('day', day, toDate($__toTime, 'UTC'))) AS place,
                sum(net_tokens) AS net
            FROM usage_1d
            WHERE NOT ends_today AND day > toDate($__toTime, 'UTC') - 14 AND day <= toDate($__toTime, 'UTC')
            GROUP BY trend_of, place
        )
        GROUP BY trend_of
    )
SELECT
    nullIf(place, 0) AS rank,
    display_name,
    multiIf(isNull(rank), '', isNull(prev_rank), 'new', prev_rank > rank, concat('▲ ', toString(prev_rank - rank)),
            prev_rank < rank, concat('▼ ', toString(rank - prev_rank)), '—') AS movement,
    tier,
    net_tokens,
    arrayStringConcat(titles, ', ') AS titles,
    arrayStringConcat(arrayMap(
        n -> ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'][
            1 + toUInt8(if(arrayMax(daily) = 0, 0, round(7 * n / toFloat64(arrayMax(daily)))))], daily))
        AS trend,
    gross_tokens,
    if(gross_tokens = 0, NULL, waste_tokens / gross_tokens) AS waste_share,
    cost_usd,
    if(tasks_completed > 0, cost_usd / tasks_completed, NULL) AS cost_per_completed_task,
    tasks_completed,
    calls,
    sessions,
    models,
    if(input_tokens = 0, NULL, cache_read_tokens / input_tokens) AS cache_read_ratio,
    team,
    prev_rank,
    if(user_id = '', '(none)', user_id) AS person,
    user_id,
    toUInt64(gross_tokens - net_tokens) AS waste_tokens
FROM
(
    SELECT *
    FROM board
    -- Of everybody's board these are all, and the first to be read.
    WHERE '${team:customqueryparam:v}' != 'v=*' OR place <= 250
    ORDER BY place = 0, place, user_id
    LIMIT 250
) AS listed
LEFT JOIN trends ON trend_of = user_id
ORDER BY place = 0, place, user_id
