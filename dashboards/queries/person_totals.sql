-- title: Person
-- description: One person's usage in the time range, of the chosen models and agents.
WITH
-- include: person
-- include: board
SELECT
    nullIf(place, 0) AS rank,
    if(tier = '', '—', tier) AS tier,
    net_tokens,
    gross_tokens,
    if(gross_tokens = 0, NULL, (gross_tokens - net_tokens) / gross_tokens) AS waste_share,
    cost_usd,
    tasks_completed,
    if(tasks_completed > 0, cost_usd / tasks_completed, NULL) AS cost_per_completed_task,
    calls,
    sessions,
    if(input_tokens = 0, NULL, cache_read_tokens / input_tokens) AS cache_read_ratio
FROM board
WHERE user_id = stands_as
