-- Stage standings: who stands where in each window. Tier and titles are those of the thirty days in every window.
INSERT INTO {db}.standing_rows
(
    generation, window_days, subject, name, rank, gross_rank, prev_rank, display_name, team, gross_tokens, net_tokens,
    tier, titles, cost_usd, calls, failed_calls, unknown_calls, unpriced_calls, sessions, models, input_tokens,
    cache_read_tokens, cache_read_ratio, tasks_completed, tasks_failed, cost_per_completed_task, waste_tokens, output_tokens, human_turns, duration_ms,
    tasks_abandoned, tasks_reverted, review_minutes, tasks_scored, task_scores, people
)
SELECT
    {generation}, days, 'user', if(masked OR veiled, shown, user_id),
    if(unranked, NULL, place), if(unranked, NULL, gross_place), if(unranked OR NOT was_there, NULL, place_before),
    shown, shown_team, gross, net,
    if(unranked, '', if(month.tier = '', 'unranked', month.tier)), if(unranked, [], month.titles),
    usd, calls, failed, unknown, unpriced, sat.sessions, n_models, input, cache_read,
    if(input = 0, NULL, cache_read / input), done, undone, if(done = 0, NULL, usd / done), gross - net,
    output, turns, ms, abandoned, reverted, reviewed, scored, scores, toUInt64(user_id != '')
FROM board
LEFT JOIN sat ON sat_days = days AND sat_user = user_id
LEFT JOIN month ON month_user = user_id
