-- The same for teams, models and agents: usage by window, the window of yesterday beside it. A person's team is that of
-- the table people, else that of the call.
CREATE TEMPORARY TABLE others AS
SELECT
    days,
    multiIf(grouping(team) = 0, 'team', grouping(model) = 0, 'model', 'agent') AS subject,
    multiIf(grouping(team) = 0, team, grouping(model) = 0, model, agent) AS name,
    sumIf(gross_tokens, now_in) AS gross, sumIf(net_tokens, now_in) AS net,
    sumIf(net_tokens, before_in) AS net_before, countIf(before_in) > 0 AS was_there,
    sumIf(calls, now_in) AS n_calls, sumIf(failed_calls, now_in) AS failed, sumIf(unknown_calls, now_in) AS unknown,
    sumIf(unpriced_calls, now_in) AS unpriced, sumIf(input_tokens, now_in) AS input,
    sumIf(cache_read_tokens, now_in) AS cache_read, sumIf(tasks_done, now_in) AS done,
    sumIf(tasks_failed, now_in) AS undone, sumIf(cost_usd, now_in) AS usd,
    uniqExactIf(user_id, now_in AND user_id != '') AS people,
    uniqExactIf(used_model, now_in AND used_model != '' AND (calls > failed_calls OR gross_tokens > 0)) AS models,
    sumIf(output_tokens, now_in) AS output, sumIf(human_turns, now_in) AS turns, sumIf(duration_ms, now_in) AS ms,
    sumIf(tasks_abandoned, now_in) AS abandoned, sumIf(tasks_reverted, now_in) AS reverted,
    sumIf(review_minutes, now_in) AS reviewed, sumIf(tasks_scored, now_in) AS scored,
    sumIf(task_scores, now_in) AS scores
FROM
(
    SELECT
        arrayJoin([1, 7, 30, 90]) AS days,
        day > today - days AS now_in,
        day > today - 1 - days AND day < today AS before_in,
        if(t.team = '', CAST(u.team, 'String'), t.team) AS team, CAST(u.model, 'String') AS model, CAST(u.agent, 'String') AS agent,
        model AS used_model, u.user_id AS user_id, gross_tokens, net_tokens, calls, failed_calls, unknown_calls, unpriced_calls,
        input_tokens, cache_read_tokens, tasks_done, tasks_failed, cost_usd, output_tokens, human_turns, duration_ms,
        tasks_abandoned, tasks_reverted, review_minutes, tasks_scored, task_scores
    FROM {db}.usage_1d AS u
    LEFT JOIN {db}.team_of AS t ON t.user_id = u.user_id
    CROSS JOIN (SELECT toDate(now(), 'UTC') AS today) AS clock
    WHERE day > today - 91 AND day <= today AND (now_in OR before_in)
)
GROUP BY GROUPING SETS ((days, team), (days, model), (days, agent))
HAVING countIf(now_in) > 0
