-- title: Leaderboard
-- description: One row per person over the last 30 days, ranked by net tokens.
-- variable: team all=v=*
WITH
    arrayMap(v -> decodeURLComponent(substring(v, 3)),
             splitByChar('&', '${team:customqueryparam:v}')) AS teams
SELECT
    rank,
    prev_rank,
    user_id,
    display_name,
    team,
    tier,
    titles,
    gross_tokens,
    net_tokens,
    waste_tokens,
    cost_usd,
    cost_per_completed_task,
    tasks_completed,
    calls,
    sessions,
    models,
    cache_read_ratio
FROM leaderboard
WHERE has(teams, '*') OR has(teams, team)
ORDER BY rank
LIMIT 1000
