-- title: People
-- description: What each person's tokens bought in the last 30 days: tasks and what became of them, cost and tokens per
--   completed task, human review, steps and waste. The 250 with most completed tasks of the chosen teams.
-- variable: team all=v=*
WITH
    (SELECT arrayMap(v -> decodeURLComponent(substring(v, 3)),
                     splitByChar('&', '${team:customqueryparam:v}'))) AS picked_teams
SELECT
    o.display_name AS who,
    o.tasks_completed AS tasks_done,
    o.tasks_failed AS tasks_failed,
    o.success_share AS success_share,
    o.rework_share AS rework_share,
    o.cost_per_completed_task AS cost_per_completed_task,
    o.tokens_per_completed_task AS tokens_per_completed_task,
    o.review_minutes_per_completed_task AS review_per_completed_task,
    o.mean_task_score AS mean_score,
    o.failure_rate AS failed_share,
    o.hidden_steps_per_turn AS hidden_steps,
    o.input_per_output AS input_per_output,
    o.net_tokens AS net_tokens,
    o.gross_tokens AS gross_tokens,
    o.waste_share AS waste_share,
    o.name AS person
FROM outcomes AS o
WHERE o.window_days = 30 AND o.subject = 'user' AND o.name != ''
    AND (has(picked_teams, '*') OR has(picked_teams, if(o.team = '', '(none)', CAST(o.team, 'String'))))
ORDER BY tasks_done DESC, gross_tokens DESC
LIMIT 250
