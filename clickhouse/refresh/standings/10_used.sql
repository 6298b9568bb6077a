-- Usage of people by window: now_in the window that ends today, before_in the one that ended yesterday.
CREATE TEMPORARY TABLE used AS
SELECT
    arrayJoin([1, 7, 30, 90]) AS days, user_id, model,
    day > today - days AS now_in,
    day > today - 1 - days AND day < today AS before_in,
    argMaxIf(team, (day, net_tokens), team != '') AS team, max((day, net_tokens)) AS team_weight,
    sum(gross_tokens) AS gross, sum(net_tokens) AS net, sum(u.calls) AS calls, sum(failed_calls) AS failed,
    sum(unknown_calls) AS unknown, sum(unpriced_calls) AS unpriced, sum(input_tokens) AS input,
    sum(cache_read_tokens) AS cache_read, sum(tasks_done) AS done, sum(tasks_failed) AS undone, sum(cost_usd) AS usd,
    sum(output_tokens) AS output, sum(u.human_turns) AS turns, sum(u.duration_ms) AS ms,
    sum(u.tasks_abandoned) AS abandoned, sum(u.tasks_reverted) AS reverted, sum(u.review_minutes) AS reviewed,
    sum(u.tasks_scored) AS scored, sum(u.task_scores) AS scores
FROM {db}.usage_1d AS u
CROSS JOIN (SELECT toDate(now(), 'UTC') AS today) AS clock
WHERE day > today - 91 AND day <= today AND (now_in OR before_in)
GROUP BY days, user_id, model, now_in, before_in
