-- title: Deductions explained
-- description: The calls that were taken out of this person's net tokens, the largest first, each by the one rule that
--   took it, with what it repeats. A first occurrence always counts.
WITH
-- include: person
    -- in person_of itself a column is called person
    names AS
    (
        SELECT person AS name WHERE person NOT IN (SELECT alias FROM person_of)
        UNION DISTINCT
        SELECT alias FROM (SELECT alias, p.person AS whose FROM person_of AS p) WHERE whose = person
    )
SELECT
    d.ts AS taken_at,
    transform(d.rule,
        ['quarantined', 'errored', 'retry', 'duplicate', 'loop', 'idle'],
        ['Implausible cost', 'Failed call', 'Needless retry', 'Duplicate request', 'Loop', 'Idle burn'], d.rule) AS kind,
    d.tokens AS tokens,
    d.cost_usd AS cost_usd,
    d.model AS model,
    transform(d.rule,
        ['quarantined', 'errored', 'retry', 'duplicate', 'loop', 'idle'],
        [
            'the provider''s own figure is outside 0.1 to 3 times the list price',
            'the call failed and was billed',
            'tried again after the same request had succeeded',
            'the same whole request to the same model within the hour',
            'the same tool calls again, the fourth time or in a cycle',
            'hours without a human turn'
        ], '') AS why,
    d.session_id AS session_id
FROM deductions AS d
WHERE d.user_id IN (SELECT name FROM names) AND d.ts >= $__fromTime AND d.ts <= $__toTime
ORDER BY tokens DESC
LIMIT 100
