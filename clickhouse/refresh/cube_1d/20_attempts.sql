-- Stage cube_1d: how the calls of these days ended.
INSERT INTO {db}.attempt_1d_rows (day, generation, team, agent, model, error_type, calls, further_attempts)
SELECT toDate(hour) AS day, {generation}, team, agent, model, error_type, sum(calls), sum(further_attempts)
FROM {db}.attempts_1h
WHERE hour IN ({hours})
GROUP BY day, team, agent, model, error_type
