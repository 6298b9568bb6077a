-- Stage standings: who stands where in each window, with tier and titles.
INSERT INTO {db}.standing_rows
(
    generation, window_days, subject, name, rank, gross_rank, prev_rank, display_name, team, gross_tokens, net_tokens,
    tier, titles, cost_usd, calls, failed_calls, unknown_calls, unpriced_calls, sessions, models, input_tokens,
    cache_read_tokens, cache_read_ratio, tasks_completed, tasks_failed, cost_per_completed_task, waste_tokens, people
)
SELECT
    {generation}, days, 'user', if(masked, shown, user_id),
    if(unranked, NULL, place), if(unranked, NULL, gross_place), if(unranked OR NOT was_there, NULL, place_before),
    shown, team, gross, net,
    if(unranked, '', arrayFirst(t -> if(by_share, place <= ceil(people * t.3), net * 30 >= t.1 * days), tier_list).2),
    if(unranked, [], arrayMap(t -> t.1, arrayFilter(t -> multiIf(
        t.2 = 'top_share', place <= greatest(t.3, floor(people * t.4)) AND net > 0,
        t.2 = 'connoisseur', arrayCount(tokens -> tokens > 0 AND tokens >= t.4 * net, mapValues(by_model)) >= t.3,
        t.2 = 'cache', input > 0 AND cache_read >= t.4 * input AND net > middle,
        0), title_list))),
    usd, calls, failed, unknown, unpriced, sat.sessions, length(by_model), input, cache_read,
    if(input = 0, NULL, cache_read / input), done, undone, if(done = 0, NULL, usd / done), gross - net,
    toUInt64(user_id != '')
FROM board
LEFT JOIN sat ON sat_days = days AND sat_user = user_id
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
