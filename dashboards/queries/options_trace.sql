-- title: Traces of the session
-- description: Every trace with a step of the chosen session, the one with most steps first.
WITH
-- include: session
SELECT
    trace_id AS value,
    concat(formatDateTime(min(ts), '%H:%i:%S'), ' · ', toString(count()), if(count() = 1, ' step', ' steps')) AS text
FROM session_steps
WHERE session_id = wanted AND kind != 'user'
GROUP BY trace_id
ORDER BY count() DESC, min(ts)
LIMIT 200
