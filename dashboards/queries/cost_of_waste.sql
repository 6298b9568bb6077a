-- title: Price of waste
-- description: What was paid for tokens that do not count: retries, loops and the rest. The deducted cost of each day,
--   team, agent and model, shared out among the rules by their tokens.
WITH
    [] AS shown,
-- include: cube
SELECT taken.1 AS kind, taken.2 AS usd
FROM
(
    SELECT arrayJoin(arrayZip(
        ['Implausible cost', 'Failed calls', 'Needless retries', 'Duplicate requests', 'Loops', 'Idle burn'],
        arrayResize(sumForEach(waste_usd_by_rule), 6))) AS taken
    FROM usage
)
WHERE usd > 0
ORDER BY usd DESC
