-- title: Teams
-- description: Usage of each team's people in the time range. A person belongs to the team of most
--   of their tokens. Cost per task is all spend, failed tasks included, by completed tasks. Teams of fewer people than
--   the setting min_cohort stand together.
WITH
-- include: board
SELECT
    multiIf(b.team = '', '(none)', every_team OR has(shown_teams, b.team), b.team, '(small teams)') AS team,
    countIf(b.user_id != '') AS people,
    sum(b.net_tokens) AS net_tokens,
    sum(b.gross_tokens) AS gross_tokens,
    if(gross_tokens = 0, NULL, (gross_tokens - net_tokens) / gross_tokens) AS waste_share,
    sum(b.cost_usd) AS cost_usd,
    sum(b.tasks_completed) AS tasks_completed,
    if(tasks_completed > 0, cost_usd / tasks_completed, NULL) AS cost_per_completed_task,
    sum(b.calls) AS calls
FROM board AS b
GROUP BY team
ORDER BY net_tokens DESC
LIMIT 100
