-- Stage turns: when each session began to work in an hour, and when a human first and last spoke in it.
INSERT INTO {db}.turn_rows (hour, generation, session_id, first_ts, first_human, last_human)
SELECT
    toStartOfHour(slot) AS hour, {generation}, session_id, min(ts),
    minIf(toNullable(ts), trigger = 'user'), maxIf(toNullable(ts), trigger = 'user')
FROM {db}.call_rows
WHERE slot IN ({slots}) AND session_id != ''
    AND (slot, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'calls')
GROUP BY hour, session_id
