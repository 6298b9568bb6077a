-- title: Totals
-- description: Everybody's usage in the time range, of the chosen teams, models and agents.
WITH
-- include: board
SELECT
    sum(b.net_tokens) AS net_tokens,
    sum(b.gross_tokens) AS gross_tokens,
    if(gross_tokens = 0, NULL, (gross_tokens - net_tokens) / gross_tokens) AS waste_share,
    sum(b.cost_usd) AS cost_usd,
    sum(b.tasks_completed) AS tasks_completed,
    if(tasks_completed > 0, cost_usd / tasks_completed, NULL) AS cost_per_completed_task,
    countIf(b.user_id != '') AS people,
    sum(b.unknown_calls) + sum(b.unpriced_calls) AS not_known
FROM board AS b
HAVING count() > 0
