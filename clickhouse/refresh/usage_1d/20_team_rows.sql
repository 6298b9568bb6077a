-- Stage usage_1d: the same without people.
INSERT INTO {db}.team_usage_1d_rows
(
    day, generation, team, project, service, agent, provider, model, people,
    calls, failed_calls, unknown_calls, unpriced_calls, input_tokens, output_tokens, cache_read_tokens,
    cache_write_tokens, reasoning_tokens, gross_tokens, net_tokens, quarantined_tokens, errored_tokens, retry_tokens,
    duplicate_tokens, loop_tokens, idle_tokens, cost_usd, waste_usd, duration_ms, human_turns, tool_calls,
    tasks_done, tasks_failed, tasks_abandoned, tasks_reverted, review_minutes, tasks_scored, task_scores, latency
)
SELECT
    day, {generation}, team, project, service, agent, provider, model, sum(n_people),
    sum(u.calls), sum(u.failed_calls), sum(u.unknown_calls), sum(u.unpriced_calls), sum(u.input_tokens),
    sum(u.output_tokens), sum(u.cache_read_tokens), sum(u.cache_write_tokens), sum(u.reasoning_tokens),
    sum(u.gross_tokens), sum(u.net_tokens), sum(u.quarantined_tokens), sum(u.errored_tokens), sum(u.retry_tokens),
    sum(u.duplicate_tokens), sum(u.loop_tokens), sum(u.idle_tokens), sum(u.cost_usd), sum(u.waste_usd),
    sum(u.duration_ms), sum(u.human_turns), sum(u.tool_calls), sum(u.tasks_done), sum(u.tasks_failed),
    sum(u.tasks_abandoned), sum(u.tasks_reverted), sum(u.review_minutes), sum(u.tasks_scored), sum(u.task_scores),
    sumForEach(slow)
FROM
(
    SELECT
        r.day AS day, if(t.team = '', CAST(r.team, 'String'), t.team) AS team, project, service, agent, provider, model,
        uniqExactIf(r.user_id, r.user_id != '' AND r.calls > 0) AS n_people,
        sum(r.calls) AS calls, sum(r.failed_calls) AS failed_calls, sum(r.unknown_calls) AS unknown_calls,
        sum(r.unpriced_calls) AS unpriced_calls, sum(r.input_tokens) AS input_tokens,
        sum(r.output_tokens) AS output_tokens, sum(r.cache_read_tokens) AS cache_read_tokens,
        sum(r.cache_write_tokens) AS cache_write_tokens, sum(r.reasoning_tokens) AS reasoning_tokens,
        sum(r.gross_tokens) AS gross_tokens, sum(r.net_tokens) AS net_tokens,
        sum(r.quarantined_tokens) AS quarantined_tokens, sum(r.errored_tokens) AS errored_tokens,
        sum(r.retry_tokens) AS retry_tokens, sum(r.duplicate_tokens) AS duplicate_tokens,
        sum(r.loop_tokens) AS loop_tokens, sum(r.idle_tokens) AS idle_tokens, sum(r.cost_usd) AS cost_usd,
        sum(r.waste_usd) AS waste_usd, sum(r.duration_ms) AS duration_ms, sum(r.human_turns) AS human_turns,
        sum(r.tool_calls) AS tool_calls, sum(r.tasks_done) AS tasks_done, sum(r.tasks_failed) AS tasks_failed,
        sum(r.tasks_abandoned) AS tasks_abandoned, sum(r.tasks_reverted) AS tasks_reverted,
        sum(r.review_minutes) AS review_minutes, sum(r.tasks_scored) AS tasks_scored,
        sum(r.task_scores) AS task_scores, arrayResize(emptyArrayUInt64(), 40) AS slow
    FROM {db}.usage_1d_rows AS r
    LEFT JOIN {db}.team_of AS t ON t.user_id = r.user_id
    WHERE r.day IN ({units}) AND r.generation = {generation}
    GROUP BY day, team, project, service, agent, provider, model
    UNION ALL
    SELECT
        toDate(hour) AS day, CAST(team, 'String'), project, service, agent, provider, model, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        sumForEach(latency)
    FROM {db}.team_usage_1h
    WHERE hour IN ({hours}) AND hour NOT IN (SELECT hour FROM moved)
    GROUP BY day, team, project, service, agent, provider, model
    UNION ALL
    SELECT
        toDate(s.slot) AS day, if(t.team = '', CAST(s.team, 'String'), t.team) AS team, s.project, s.service, s.agent,
        s.provider, s.model, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        countResampleArray(1, 41, 1)(s.latency, s.latency)
    FROM {db}.usage_slot_rows AS s
    LEFT JOIN {db}.team_of AS t ON t.user_id = s.user_id
    WHERE (s.slot, s.generation) IN (SELECT slot, generation FROM moved)
    GROUP BY day, team, s.project, s.service, s.agent, s.provider, s.model
) AS u
GROUP BY day, team, project, service, agent, provider, model
