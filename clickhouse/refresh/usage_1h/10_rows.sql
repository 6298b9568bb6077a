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
    sum(usd), sumIf(usd, rule != ''), sum(ms), sum(turns), sum(tools), sum(done), sum(undone),
    sum(abandoned), sum(reverted), sum(reviewed), count(task_score), sum(ifNull(task_score, 0))
FROM
(
    SELECT
        toStartOfHour(c.slot) AS hour, c.user_id AS user_id, c.team AS team, c.project AS project,
        c.service AS service, c.agent AS agent, c.provider AS provider, c.model AS model,
        1 AS n_calls, c.status = 'error' AS failed,
        NOT c.usage_known AND c.http_status < 400 AS unknown,
        c.usage_known AND isNull(c.cost_usd) AS unpriced,
        toUInt64(ifNull(c.input_tokens, 0)) AS input, toUInt64(ifNull(c.output_tokens, 0)) AS output,
        toUInt64(ifNull(c.cache_read_tokens, 0)) AS cache_read,
        toUInt64(ifNull(c.cache_write_tokens, 0)) AS cache_write,
        toUInt64(ifNull(c.reasoning_tokens, 0)) AS reasoning,
        d.rule AS rule, d.tokens AS taken, c.cost_usd AS usd, c.duration_ms AS ms,
        c.trigger = 'user' AND c.attempt <= 1 AS turns, length(c.tool_hashes) AS tools, 0 AS done, 0 AS undone,
        0 AS abandoned, 0 AS reverted, 0. AS reviewed, CAST(NULL, 'Nullable(Float64)') AS task_score
    FROM {db}.call_rows AS c
    LEFT JOIN
    (
        SELECT trace_id, span_id, rule, tokens
        FROM {db}.deduction_rows
        WHERE hour IN ({units})
            AND (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'deductions')
    ) AS d ON d.trace_id = c.trace_id AND d.span_id = c.span_id
    WHERE c.slot IN ({slots})
        AND (c.slot, c.generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'calls')
    UNION ALL
    SELECT
        hour, user_id, last.2, last.3, last.4, '', '', '',
        0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, NULL, 0, 0, 0,
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
