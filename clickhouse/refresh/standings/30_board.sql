-- One row per person and window, placed. The unattributed, and who chose to be hidden, are placed apart. A model counts
-- for who had a call of it that succeeded or was billed; economy and steady place those with enough completed tasks. Who
-- chose not to be named does not stand in a team so small that it is no disguise.
CREATE TEMPORARY TABLE board AS
SELECT
    *,
    row_number() OVER (PARTITION BY days, unranked ORDER BY net DESC, gross DESC, user_id) AS place,
    row_number() OVER (PARTITION BY days, unranked ORDER BY gross DESC, net DESC, user_id) AS gross_place,
    row_number() OVER (PARTITION BY days, unranked, was_there ORDER BY net_before DESC, user_id) AS place_before,
    count() OVER (PARTITION BY days, unranked) AS people,
    if((masked OR veiled) AND count() OVER (PARTITION BY days, team) < (
            SELECT toUInt64OrZero(anyIf(value, name = 'min_cohort')) FROM {db}.settings FINAL), '', team) AS shown_team,
    quantileExact(0.5)(net) OVER (PARTITION BY days, unranked) AS middle,
    usd > 0 AND done >= (SELECT min(least) FROM {db}.titles FINAL WHERE rule = 'economy') AS is_economy,
    row_number() OVER (PARTITION BY days, unranked, is_economy ORDER BY toFloat64(usd) / done, user_id) AS economy_place,
    done >= (SELECT min(least) FROM {db}.titles FINAL WHERE rule = 'steady') AS is_steady,
    row_number() OVER (PARTITION BY days, unranked, is_steady
        ORDER BY reverted / (done + reverted), done DESC, user_id) AS steady_place
FROM
(
    SELECT
        days, user_id,
        p.person_id != '' AND p.listing = 'pseudonym' AS masked,
        p.listing = 'hidden' AS veiled,
        user_id = '' OR veiled AS unranked,
        multiIf(
            user_id = '', 'unattributed',
            veiled, '(hidden)',
            masked, if(p.pseudonym = '', 'somebody', p.pseudonym),
            p.display_name = '', user_id,
            p.display_name) AS shown,
        if(p.team = '', argMaxIf(u.team, team_weight, now_in AND u.team != ''), p.team) AS team,
        sumIf(u.gross, now_in) AS gross, sumIf(u.net, now_in) AS net,
        sumIf(u.net, before_in) AS net_before, countIf(before_in) > 0 AS was_there,
        sumIf(u.calls, now_in) AS calls, sumIf(u.failed, now_in) AS failed,
        sumIf(u.unknown, now_in) AS unknown, sumIf(u.unpriced, now_in) AS unpriced,
        sumIf(u.input, now_in) AS input, sumIf(u.cache_read, now_in) AS cache_read,
        sumIf(u.done, now_in) AS done, sumIf(u.undone, now_in) AS undone, sumIf(u.usd, now_in) AS usd,
        sumIf(u.output, now_in) AS output, sumIf(u.turns, now_in) AS turns, sumIf(u.ms, now_in) AS ms,
        sumIf(u.abandoned, now_in) AS abandoned, sumIf(u.reverted, now_in) AS reverted,
        sumIf(u.reviewed, now_in) AS reviewed, sumIf(u.scored, now_in) AS scored, sumIf(u.scores, now_in) AS scores,
        uniqExactIf(model, now_in AND model != '' AND (u.calls > u.failed OR u.gross > 0)) AS n_models,
        sumMapIf(map(CAST(model, 'String'), u.net), now_in AND model != '') AS by_model
    FROM used AS u
    LEFT JOIN
    (
        SELECT person_id, display_name, CAST(team, 'String') AS team, CAST(listing, 'String') AS listing, pseudonym
        FROM {db}.people FINAL
    ) AS p ON p.person_id = u.user_id
    GROUP BY days, user_id, p.person_id, p.display_name, p.team, p.listing, p.pseudonym
    HAVING countIf(now_in) > 0
)
