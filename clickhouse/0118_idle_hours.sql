-- What was burned in this hour and the last with nobody there: the deductions of the rule idle.
CREATE OR REPLACE VIEW {db}.idle_hours {on_cluster} AS
SELECT session_id, user_id, ts, tokens, cost_usd
FROM {db}.deduction_rows
WHERE rule = 'idle' AND hour >= toStartOfHour(now()) - INTERVAL 1 HOUR
    AND (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'deductions')
