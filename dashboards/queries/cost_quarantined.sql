-- title: Quarantined calls
-- description: Calls whose cost, as the provider or gateway reports it, is outside 0.1 to 3 times the list price: neither
--   their tokens count for net nor is the reported cost believed. The newest first.
SELECT
    d.ts AS taken_at,
    multiIf(d.user_id = '', 'unattributed', p.face = '', d.person_of_row, p.face) AS who,
    d.model AS model,
    d.tokens AS tokens,
    d.cost_usd AS list_usd,
    d.session_id AS session_id
FROM
(
    SELECT q.*, if(a.person = '', q.user_id, a.person) AS person_of_row
    FROM deductions AS q
    LEFT JOIN person_of AS a ON a.alias = q.user_id
    WHERE q.rule = 'quarantined' AND q.ts >= $__fromTime AND q.ts <= $__toTime
) AS d
-- include: face
ORDER BY taken_at DESC
LIMIT 100
