-- title: Titles
-- description: Every title, its rule in words, whether the person holds it in the last thirty days, and how near they
--   are: of the tokens, models or cached input that it takes. A dash where nobody can say.
WITH
-- include: person
    mine AS
    (
        SELECT any(net_tokens) AS net, any(cache_read_ratio) AS cached, any(titles) AS held, count() AS found
        FROM standings
        WHERE window_days = 30 AND subject = 'user' AND name = stands_as
    ),
    (SELECT arrayReverseSort(groupArray(net_tokens)) FROM standings
        WHERE window_days = 30 AND subject = 'user' AND isNotNull(rank)) AS by_place,
    (SELECT groupArray(net) FROM
    (
        SELECT sum(net_tokens) AS net
        FROM usage_1d
        WHERE user_id = person AND day > toDate(now(), 'UTC') - 30 AND model != ''
        GROUP BY model
    )) AS by_model
SELECT
    title,
    if(has(m.held, title), 'held', '') AS held,
    multiIf(
        m.found = 0, NULL,
        rule = 'top_share',
            least(1, m.net / by_place[toUInt32(greatest(least, floor(length(by_place) * share)))]),
        rule = 'connoisseur',
            least(1, arrayCount(n -> n > 0 AND n >= share * m.net, by_model) / least),
        rule = 'cache', least(1, ifNull(m.cached, 0) / share),
        has(m.held, title), 1,
        NULL) AS progress,
    description AS rule_in_words
FROM titles FINAL
CROSS JOIN mine AS m
WHERE enabled
ORDER BY title
