-- What was burned in this hour and the last with nobody there: the deductions of the rule idle, under the person's own
-- id.
CREATE OR REPLACE VIEW {db}.idle_hours {on_cluster} AS
SELECT d.session_id AS session_id, if(p.person = '', d.user_id, p.person) AS user_id, d.ts AS ts, d.tokens AS tokens,
    d.cost_usd AS cost_usd
FROM {db}.deduction_rows AS d
LEFT JOIN {db}.person_of AS p ON p.alias = d.user_id
WHERE d.rule = 'idle' AND d.hour >= toStartOfHour(now()) - INTERVAL 1 HOUR
    AND (d.hour, d.generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'deductions')
