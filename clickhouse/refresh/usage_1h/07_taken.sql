-- The deductions of these hours, with where their calls were made.
CREATE TEMPORARY TABLE taken AS
SELECT slot, user_id, team, project, service, agent, provider, model, status AS rule, toUInt64(0) AS tokens, cost_usd
FROM {db}.call_rows
WHERE false
