-- title: Efficiency
-- description: What stands behind the tokens in the time range: steps, failures, outcomes of tasks, waiting.
WITH
    [] AS shown,
-- include: cube
SELECT
    (sum(u.calls) - sum(u.human_turns)) / nullIf(sum(u.human_turns), 0) AS hidden_steps,
    (sum(u.gross_tokens) - sum(u.net_tokens)) / nullIf(sum(u.gross_tokens), 0) AS waste_share,
    if(everything, toFloat64(sum(u.cost_usd)) / nullIf(sum(u.tasks_done), 0), NULL) AS cost_per_completed_task,
    if(everything, sum(u.tasks_done) / nullIf(sum(u.tasks_done) + sum(u.tasks_failed), 0), NULL) AS success_share,
    if(everything, sum(u.tasks_reverted) / nullIf(sum(u.tasks_done) + sum(u.tasks_reverted), 0), NULL) AS rework_share,
    sum(u.failed_calls) / nullIf(sum(u.calls), 0) AS failed_share,
    arrayReduce('quantileInterpolatedWeighted(0.5)', arrayMap(i -> 50 * pow(1.25, i - 0.5), range(1, 41)), sumForEach(u.latency)) AS p50_ms,
    arrayReduce('quantileInterpolatedWeighted(0.95)', arrayMap(i -> 50 * pow(1.25, i - 0.5), range(1, 41)), sumForEach(u.latency)) AS p95_ms
FROM usage AS u
HAVING sum(u.calls) > 0
