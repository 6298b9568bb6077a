-- title: Tiers
-- description: How many people with calls in the time range are in each tier, by their net tokens
--   of the last 30 days.
WITH
-- include: board
SELECT t.tier AS tier, toUInt64(ifNull(counted.people, 0)) AS people
FROM
(
    SELECT CAST(tier, 'String') AS tier, min_tokens FROM tiers FINAL
    UNION ALL
    SELECT 'unranked', 0
) AS t
LEFT JOIN (SELECT CAST(tier, 'String') AS tier, count() AS people FROM board WHERE user_id != '' GROUP BY tier)
    AS counted ON counted.tier = t.tier
ORDER BY t.min_tokens
