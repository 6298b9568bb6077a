-- title: Rank history
-- description: Place by net tokens of the thirty days that ended on each day (1 is the first), as the board had it:
--   the lower the line, the higher the person. Days without tokens in those thirty
--   days are left out; among more than 10,000 people it is an estimate.
WITH
-- include: person
    toDate($__fromTime, 'UTC') AS first_day,
    least(dateDiff('day', first_day, toDate($__toTime, 'UTC')) + 1, 366) AS days,
    -- Of many people every eighth is asked: the rank is an estimate then.
    (SELECT if(count() > 10000, 8, 1) FROM standings WHERE window_days = 30 AND subject = 'user') AS one_in,
    daily AS
    (
        SELECT
            user_id,
            arrayCumSum(arrayResize(groupArrayInsertAt(0)(net, place), days + 30)) AS total,
            arrayMap(n -> total[n + 31] - total[n + 1], range(days)) AS month
        FROM
        (
            SELECT user_id, toUInt32(dateDiff('day', first_day, day) + 30) AS place, sum(net_tokens) AS net
            FROM usage_1d
            WHERE day > first_day - 30 AND day < first_day + days AND user_id != ''
                AND (one_in = 1 OR cityHash64(user_id) % 8 = 0 OR user_id = person)
            GROUP BY user_id, place
        )
        GROUP BY user_id
    ),
    (SELECT any(month) FROM daily WHERE user_id = person) AS mine
SELECT toDateTime(first_day + n, 'UTC') AS time, 1 + ahead * one_in AS rank
FROM
(
    SELECT sumForEach(arrayMap((other, own) -> toUInt32(other > own), month, mine)) AS ahead_of
    FROM daily
    WHERE length(month) = length(mine)
)
ARRAY JOIN ahead_of AS ahead, range(length(ahead_of)) AS n, mine AS own
WHERE own > 0
ORDER BY time
