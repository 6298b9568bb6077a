-- title: What is not known
-- description: By day (by hour in ranges under three days): the share of gross tokens that belong to nobody known, and the
--   shares of calls whose usage nobody reported and whose price is not known.
WITH
    [] AS shown,
-- include: counted
SELECT
    u.since AS time,
    if(sum(u.gross_tokens) = 0, NULL, sum(u.unattributed_tokens) / sum(u.gross_tokens)) AS unattributed_share,
    sum(u.unknown_calls) / sum(u.calls) AS unknown_share,
    sum(u.unpriced_calls) / sum(u.calls) AS unpriced_share
FROM counted AS u
GROUP BY time
HAVING sum(u.calls) > 0
ORDER BY time
