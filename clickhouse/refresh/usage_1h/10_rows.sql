-- Stage usage_1h: what was used in some hours, by who, where, with what.
INSERT INTO {db}.usage_1h_rows
(
    hour, generation, user_id, team, project, service, agent, provider, model,
    calls, failed_calls, unknown_calls, unpriced_calls,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, gross_tokens, net_tokens,
    quarantined_tokens, errored_tokens, retry_tokens, duplicate_tokens, loop_tokens, idle_tokens,
    cost_usd, waste_usd, duration_ms, human_turns, tool_calls, tasks_done, tasks_failed, tasks_abandoned,
    tasks_reverted, review_minutes, tasks_scored, task_scores
)
SELECT
    hour, {generation}, user_id, team, project, service, agent, provider, model,
    sum(n_calls), sum(failed), sum(unknown), sum(unpriced),
    sum(input) AS input_tokens, sum(output) AS output_tokens, sum(cache_read), sum(cache_write), sum(reasoning),
    input_tokens + output_tokens AS gross, gross - sum(taken) AS net,
    sumIf(taken, rule = 'quarantined'), sumIf(taken, rule = 'errored'), sumIf(taken, rule = 'retry'),
    sumIf(taken, rule = 'duplicate'), sumIf(taken, rule = 'loop'), sumIf(taken, rule = 'idle'),
    sum(usd), sum(wasted), sum(ms), sum(turns), sum(tools), sum(done), sum(undone),
    sum(abandoned), sum(reverted), sum(reviewed), count(task_score), sum(ifNull(task_score, 0))
FROM
(
    SELECT
        toStartOfHour(slot) AS hour, user_id, team, project, service, agent, provider, model,
        s.calls AS n_calls, s.failed_calls AS failed, s.unknown_calls AS unknown, s.unpriced_calls AS unpriced,
        s.input_tokens AS input, s.output_tokens AS output, s.cache_read_tokens AS cache_read,
        s.cache_write_tokens AS cache_write, s.reasoning_tokens AS reasoning,
        '' AS rule, toUInt64(0) AS taken, s.cost_usd AS usd, CAST(NULL, 'Nullable(Decimal(38, 12))') AS wasted,
        s.duration_ms AS ms, s.human_turns AS turns, s.tool_calls AS tools, 0 AS done, 0 AS undone,
        0 AS abandoned, 0 AS reverted, 0. AS reviewed, CAST(NULL, 'Nullable(Float64)') AS task_score
    FROM
    {include:refresh/slots_of.sql} AS s
    UNION ALL
    SELECT
        toStartOfHour(slot), user_id, team, project, service, agent, provider, model,
        0, 0, 0, 0, 0, 0, 0, 0, 0, rule, tokens, NULL, cost_usd, 0, 0, 0, 0, 0, 0, 0, 0, NULL
    FROM taken
    UNION ALL
    SELECT
        hour, user_id, last.2, last.3, last.4, '', '', '',
        0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, NULL, NULL, 0, 0, 0,
        counts AND last.5 = 'done', counts AND last.5 = 'failed', counts AND last.6 IN ('abandoned', 'cancelled'),
        counts AND last.6 = 'reverted', reviewed, if(counts, told_score, NULL)
    FROM
    (
        -- a task that was worked at several times in the hour: its last outcome, if it is the last of all
        SELECT
            toStartOfHour(slot) AS hour, user_id, task_id,
            max((ts, team, project, service, {verdict:outcome}, lower(outcome))) AS last,
            sum(ifNull(review_minutes, 0)) AS reviewed,
            argMaxIf(score, ts, isNotNull(score)) AS told_score,
            (hour, last.3, task_id) NOT IN
            (
                SELECT hour, CAST(project, 'String'), task_id
                FROM {db}.task_hours FINAL
                WHERE hour IN ({units}) AND last_hour != hour
            ) AS counts
        FROM
        (
            SELECT
                slot, ts, user_id, task_id, CAST(team, 'String') AS team, CAST(project, 'String') AS project,
                CAST(service, 'String') AS service, CAST(outcome, 'String') AS outcome, review_minutes, score
            FROM {db}.emissions FINAL
            WHERE slot IN ({slots}) AND kind = 'task'
            ORDER BY seniority, content DESC
            LIMIT 1 BY trace_id, span_id
        )
        WHERE outcome != ''
        GROUP BY hour, user_id, task_id
    )
)
GROUP BY hour, user_id, team, project, service, agent, provider, model
