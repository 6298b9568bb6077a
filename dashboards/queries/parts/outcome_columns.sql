    sum(u.tasks_done) AS tasks_done,
    sum(u.tasks_failed) AS tasks_failed,
    tasks_done / nullIf(tasks_done + tasks_failed, 0) AS success_share,
    sum(u.tasks_reverted) / nullIf(tasks_done + sum(u.tasks_reverted), 0) AS rework_share,
    toFloat64(sum(u.cost_usd)) / nullIf(tasks_done, 0) AS cost_per_completed_task,
    sum(u.gross_tokens) / nullIf(tasks_done, 0) AS tokens_per_completed_task,
    sum(u.review_minutes) / nullIf(tasks_done, 0) AS review_per_completed_task,
    sum(u.task_scores) / nullIf(sum(u.tasks_scored), 0) AS mean_score
