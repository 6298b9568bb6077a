-- title: Sessions to choose from
-- description: Sessions with a call in the time range, the newest first, at most 500 of them.
SELECT session_id AS value, concat(formatDateTime(min(first_ts), '%d %b %H:%i'), ' · ', session_id) AS text
FROM session_hours
WHERE hour >= toStartOfHour($__fromTime) AND hour <= $__toTime
GROUP BY session_id
ORDER BY max(last_ts) DESC
LIMIT 500
