-- Stage usage_1d: the hours of some days, summed by person.
INSERT INTO {db}.usage_1d_rows
(
    day, generation, user_id, team, project, service, agent, provider, model,
    calls, failed_calls, unknown_calls, unpriced_calls,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, gross_tokens, net_tokens,
    quarantined_tokens, errored_tokens, retry_tokens, duplicate_tokens, loop_tokens, idle_tokens,
    cost_usd, waste_usd, duration_ms, human_turns, tool_calls, tasks_done, tasks_failed, tasks_abandoned,
    tasks_reverted, review_minutes, tasks_scored, task_scores
)
SELECT
    toDate(hour) AS day, {generation}, user_id, team, project, service, agent, provider, model,
    sum(calls), sum(failed_calls), sum(unknown_calls), sum(unpriced_calls),
    sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(reasoning_tokens),
    sum(gross_tokens), sum(net_tokens),
    sum(quarantined_tokens), sum(errored_tokens), sum(retry_tokens), sum(duplicate_tokens), sum(loop_tokens),
    sum(idle_tokens),
    sum(cost_usd), sum(waste_usd), sum(duration_ms), sum(human_turns), sum(tool_calls), sum(tasks_done),
    sum(tasks_failed), sum(tasks_abandoned), sum(tasks_reverted), sum(review_minutes), sum(tasks_scored),
    sum(task_scores)
FROM {db}.usage_1h
WHERE hour IN ({hours})
GROUP BY day, user_id, team, project, service, agent, provider, model
