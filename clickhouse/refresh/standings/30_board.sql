-- One row per person and window, placed. The unattributed are placed apart.
CREATE TEMPORARY TABLE board AS
SELECT
    *,
    row_number() OVER (PARTITION BY days, user_id = '' ORDER BY net DESC, gross DESC, user_id) AS place,
    row_number() OVER (PARTITION BY days, user_id = '' ORDER BY gross DESC, net DESC, user_id) AS gross_place,
    row_number() OVER (PARTITION BY days, user_id = '', was_there ORDER BY net_before DESC, user_id) AS place_before,
    count() OVER (PARTITION BY days, user_id = '') AS people,
    quantileExact(0.5)(net) OVER (PARTITION BY days, user_id = '') AS middle
FROM
(
    SELECT
        days, user_id,
        argMaxIf(u.team, team_weight, now_in AND u.team != '') AS team,
        sumIf(u.gross, now_in) AS gross, sumIf(u.net, now_in) AS net,
        sumIf(u.net, before_in) AS net_before, countIf(before_in) > 0 AS was_there,
        sumIf(u.calls, now_in) AS calls, sumIf(u.failed, now_in) AS failed,
        sumIf(u.unknown, now_in) AS unknown, sumIf(u.unpriced, now_in) AS unpriced,
        sumIf(u.input, now_in) AS input, sumIf(u.cache_read, now_in) AS cache_read,
        sumIf(u.done, now_in) AS done, sumIf(u.undone, now_in) AS undone, sumIf(u.usd, now_in) AS usd,
        sumMapIf(map(CAST(model, 'String'), u.net), now_in AND model != '') AS by_model
    FROM used AS u
    GROUP BY days, user_id
    HAVING countIf(now_in) > 0
)
