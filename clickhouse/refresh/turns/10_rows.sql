-- Stage turns: when each session began to work in an hour, and when a human first and last spoke in it.
INSERT INTO {db}.turn_rows (hour, generation, session_id, first_ts, first_human, last_human)
SELECT
    toStartOfHour(slot) AS hour, {generation}, session_id, min(s.first_ts), min(s.first_human_ts), max(s.last_human_ts)
FROM
    {include:refresh/slots_of.sql} AS s
WHERE session_id != ''
GROUP BY hour, session_id
