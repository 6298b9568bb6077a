-- title: Leaderboard
-- description: One row per person with calls in the time range, ranked by net tokens.
--   Movement is against the same range a day earlier. Tiers go by net tokens for 30 days, other
--   ranges in proportion (a day at least); titles are of the last 30 days. Three days and more
--   count whole UTC days, today included. Calls whose user is not known stand last.
WITH
-- include: board
SELECT
    rank,
    multiIf(isNull(rank), '', isNull(prev_rank), 'new', prev_rank > rank, concat('▲ ', toString(prev_rank - rank)),
            prev_rank < rank, concat('▼ ', toString(rank - prev_rank)), '—') AS movement,
    display_name,
    net_tokens,
    tier,
    arrayStringConcat(titles, ', ') AS titles,
    gross_tokens,
    if(gross_tokens = 0, NULL, waste_tokens / gross_tokens) AS waste_share,
    cost_usd,
    if(tasks_completed > 0, cost_usd / tasks_completed, NULL) AS cost_per_completed_task,
    tasks_completed,
    calls,
    sessions,
    models,
    if(input_tokens = 0, NULL, cache_read_tokens / input_tokens) AS cache_read_ratio,
    team,
    prev_rank,
    if(user_id = '', '(none)', user_id) AS person,
    user_id,
    waste_tokens
FROM board
ORDER BY isNull(rank), rank, user_id
LIMIT 250
