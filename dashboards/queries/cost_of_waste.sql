-- title: Price of waste
-- description: What was paid for tokens that do not count: retries, loops and the rest. The deducted cost of each day,
--   team, agent and model, shared out among the rules by their tokens.
WITH
-- include: team_usage
SELECT taken.1 AS kind, taken.2 AS usd
FROM
(
    SELECT arrayJoin([
        ('Implausible cost', sum(unit_usd * quarantined_tokens)), ('Failed calls', sum(unit_usd * errored_tokens)),
        ('Needless retries', sum(unit_usd * retry_tokens)), ('Duplicate requests', sum(unit_usd * duplicate_tokens)),
        ('Loops', sum(unit_usd * loop_tokens)), ('Idle burn', sum(unit_usd * idle_tokens))
    ]) AS taken
    FROM
    (
        SELECT *, toFloat64(ifNull(waste_usd, 0)) / (gross_tokens - net_tokens) AS unit_usd
        FROM usage
        WHERE gross_tokens > net_tokens
    )
)
WHERE usd > 0
ORDER BY usd DESC
