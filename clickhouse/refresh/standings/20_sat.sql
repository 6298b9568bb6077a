-- How many sessions each person had in each window.
CREATE TEMPORARY TABLE sat AS
SELECT days AS sat_days, user_id AS sat_user, uniqExact(session_id) AS sessions
FROM
(
    SELECT arrayJoin([1, 7, 30, 90]) AS days, user_id, session_id
    FROM {db}.session_hours
    WHERE toDate(hour) > toDate(now(), 'UTC') - days AND toDate(hour) <= toDate(now(), 'UTC')
)
GROUP BY days, user_id
