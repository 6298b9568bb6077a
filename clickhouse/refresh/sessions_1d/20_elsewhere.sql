-- The rows of the same sessions on other days.
CREATE TEMPORARY TABLE session_days_elsewhere AS
SELECT *
FROM {db}.session_day_rows
WHERE kind < 2 AND day NOT IN ({units})
    AND day BETWEEN toDate(arrayMin([{units}])) - 92 AND toDate(arrayMax([{units}])) + 92
    AND session IN (SELECT session FROM session_days_now)
    AND (toDateTime(day, 'UTC'), generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'sessions_1d')
