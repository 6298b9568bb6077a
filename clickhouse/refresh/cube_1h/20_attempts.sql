-- Stage cube_1h: how the calls of these hours ended. With the cube, not the usage: books that are older get it too.
INSERT INTO {db}.attempt_1h_rows (hour, generation, team, agent, model, error_type, calls, further_attempts)
SELECT
    toStartOfHour(c.slot) AS hour, {generation}, if(t.team = '', CAST(c.team, 'String'), t.team) AS team, c.agent, c.model,
    multiIf(c.status != 'error', '', c.error_type = '', 'error', CAST(c.error_type, 'String')) AS error_type,
    count(), countIf(c.attempt > 1)
FROM {db}.call_rows AS c
LEFT JOIN {db}.team_of AS t ON t.user_id = c.user_id
WHERE c.slot IN ({slots})
    AND {live:c.slot, c.generation}
GROUP BY hour, team, c.agent, c.model, error_type
