-- title: Quarantined calls
-- description: Calls whose cost, as the provider or gateway reports it, is outside 0.1 to 3 times the list price: neither
--   their tokens count for net nor is the reported cost believed. The newest first.
SELECT
    d.ts AS taken_at,
    if(d.user_id = '', 'unattributed', d.user_id) AS who,
    d.model AS model,
    d.tokens AS tokens,
    d.cost_usd AS list_usd,
    d.session_id AS session_id
FROM deductions AS d
WHERE d.rule = 'quarantined' AND d.ts >= $__fromTime AND d.ts <= $__toTime
ORDER BY taken_at DESC
LIMIT 100
