-- title: Sessions to choose from
-- description: Sessions with a call in the time range, the newest first, at most 500 of them. Ranges of three days and
--   more are taken as whole UTC days.
WITH
    toInt64(toUnixTimestamp($__toTime)) - toInt64(toUnixTimestamp($__fromTime)) >= 259200 AS by_day,
    -- The newest days that have 500 sessions of one row, and the day before: calls may end after midnight.
    (
        SELECT greatest(max(day), toDate(1)) - 1
        FROM
        (
            SELECT day, sum(sum(single_sessions)) OVER (ORDER BY day DESC) AS newer
            FROM session_sums
            WHERE by_day AND NOT by_team AND day BETWEEN toDate($__fromTime, 'UTC') AND toDate($__toTime, 'UTC')
            GROUP BY day
        )
        WHERE newer >= 500
    ) AS enough
SELECT session_id AS value, concat(formatDateTime(min(began), '%d %b %H:%i'), ' · ', session_id) AS text
FROM
(
    (
        SELECT session_id, first_ts AS began, last_ts AS ended
        FROM session_days
        WHERE by_day AND kind = 0 AND day BETWEEN toDate($__fromTime, 'UTC') AND toDate($__toTime, 'UTC') AND day >= enough
        ORDER BY last_ts DESC
        LIMIT 500
    )
    UNION ALL
    (
        SELECT any(d.session_id), min(d.first_ts), max(d.last_ts)
        FROM session_days AS d
        WHERE by_day AND d.kind > 0 AND d.day BETWEEN toDate($__fromTime, 'UTC') AND toDate($__toTime, 'UTC')
            AND d.of_day BETWEEN toDate($__fromTime, 'UTC') AND toDate($__toTime, 'UTC')
        GROUP BY d.session
        ORDER BY max(d.last_ts) DESC
        LIMIT 500
    )
    UNION ALL
    (
        SELECT h.session_id, min(h.first_ts), max(h.last_ts)
        FROM told_session_hours AS h
        WHERE NOT by_day AND h.hour >= toStartOfHour($__fromTime) AND h.hour <= $__toTime
        GROUP BY h.session_id
        ORDER BY max(h.last_ts) DESC
        LIMIT 500
    )
)
GROUP BY session_id
ORDER BY max(ended) DESC
LIMIT 500
