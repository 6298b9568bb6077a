-- title: Thresholds
-- description: From how many net tokens in thirty days a tier begins, how many people are in it or above, and what the
--   tier's people burned together.
WITH
-- include: ladder
SELECT
    l.tier AS tier,
    l.least_tokens AS least_tokens,
    countIf(m.tier = l.tier) AS people,
    countIf(m.net_tokens >= l.least_tokens) AS or_above,
    if(count() = 0, NULL, or_above / length(by_place)) AS or_above_share,
    sumIf(m.net_tokens, m.tier = l.tier) AS net_tokens
FROM ladder AS l
CROSS JOIN month AS m
GROUP BY l.tier, l.least_tokens
ORDER BY least_tokens DESC
