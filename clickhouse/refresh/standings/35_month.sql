-- Tier and titles of everybody who stands on the board of the thirty days; tiers are by net tokens in thirty days.
CREATE TEMPORARY TABLE month AS
SELECT
    user_id AS month_user,
    arrayFirst(t -> if(by_share, place <= ceil(people * t.3), net >= t.1), tier_list).2 AS tier,
    arrayMap(t -> t.1, arrayFilter(t -> multiIf(
        t.2 = 'top_share', place <= greatest(t.3, floor(people * t.4)) AND net > 0,
        t.2 = 'connoisseur', arrayCount(tokens -> tokens > 0 AND tokens >= t.4 * net, mapValues(by_model)) >= t.3,
        t.2 = 'cache', input > 0 AND cache_read >= t.4 * input AND net > middle,
        t.2 = 'session', hours >= t.3 AND long_place <= greatest(1, floor(people * t.4)),
        t.2 = 'economy', is_economy AND economy_place <= greatest(1, floor(people * t.4)),
        t.2 = 'steady', is_steady AND steady_place <= greatest(1, floor(people * t.4)),
        0), title_list)) AS titles
FROM
(
    SELECT
        b.*, l.hours AS hours,
        row_number() OVER (ORDER BY l.hours DESC, b.user_id) AS long_place
    FROM board AS b
    LEFT JOIN long_sessions AS l ON l.user_id = b.user_id
    WHERE b.days = 30 AND NOT b.unranked
) AS placed
CROSS JOIN
(
    SELECT
        arrayPushBack(
            arrayReverseSort(groupArray((min_tokens, CAST(tier, 'String'), top_share))),
            (toUInt64(0), 'unranked', toFloat64(1))) AS tier_list,
        (SELECT anyIf(value, name = 'tiers') FROM {db}.settings FINAL) = 'share' AS by_share
    FROM {db}.tiers FINAL
) AS t
CROSS JOIN
(
    SELECT arraySort(groupArray((CAST(title, 'String'), CAST(rule, 'String'), least, share))) AS title_list
    FROM {db}.titles FINAL
    WHERE enabled
) AS h
