-- What the tokens bought, by person, team, model and agent in each window of the standings. A ratio without anything to
-- divide by is NULL. Nobody says which model or agent a task belongs to: the columns of tasks are NULL there.
CREATE OR REPLACE VIEW {db}.outcomes {on_cluster} AS
SELECT
    window_days, subject, name, display_name, team,
    subject IN ('user', 'team') AS has_tasks,
    if(has_tasks, toNullable(s.tasks_completed), NULL) AS tasks_completed,
    if(has_tasks, toNullable(s.tasks_failed), NULL) AS tasks_failed,
    if(has_tasks, toNullable(s.tasks_abandoned), NULL) AS tasks_abandoned,
    if(has_tasks, toNullable(s.tasks_reverted), NULL) AS tasks_reverted,
    tasks_completed / nullIf(tasks_completed + tasks_failed, 0) AS success_share,
    tasks_reverted / nullIf(tasks_completed + tasks_reverted, 0) AS rework_share,
    cost_usd,
    if(has_tasks, s.cost_per_completed_task, NULL) AS cost_per_completed_task,
    gross_tokens / nullIf(tasks_completed, 0) AS tokens_per_completed_task,
    if(has_tasks, toNullable(s.review_minutes), NULL) AS review_minutes,
    review_minutes / nullIf(tasks_completed, 0) AS review_minutes_per_completed_task,
    if(has_tasks, task_scores / nullIf(tasks_scored, 0), NULL) AS mean_task_score,
    calls, failed_calls,
    failed_calls / nullIf(calls, 0) AS failure_rate,
    duration_ms / nullIf(calls, 0) AS mean_latency_ms,
    human_turns,
    (calls - human_turns) / nullIf(human_turns, 0) AS hidden_steps_per_turn,
    input_tokens, output_tokens,
    input_tokens / nullIf(output_tokens, 0) AS input_per_output,
    gross_tokens, net_tokens,
    waste_tokens / nullIf(gross_tokens, 0) AS waste_share,
    people
FROM {db}.standings AS s
