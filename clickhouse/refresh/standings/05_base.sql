-- Usage of the last 91 days by person, team, model and agent, in eight stretches of days that lie wholly inside or
-- outside of every window: ago is the least number of days that a stretch is in the past.
CREATE TEMPORARY TABLE base AS
SELECT
    ago, user_id, if(t.team = '', u.own_team, t.team) AS team, u.own_team AS own_team, model, agent, last_day,
    gross, net, n_calls, failed, unknown, unpriced, input, cache_read, output, turns, ms, done, undone, abandoned,
    reverted, reviewed, scored, scores, usd
FROM
(
    SELECT
        user_id, CAST(d.team, 'String') AS own_team, CAST(model, 'String') AS model, CAST(agent, 'String') AS agent,
        arrayLast(first -> dateDiff('day', day, toDate(now(), 'UTC')) >= first, [0, 1, 2, 7, 8, 30, 31, 90]) AS ago,
        max(day) AS last_day,
        sum(gross_tokens) AS gross, sum(net_tokens) AS net, sum(calls) AS n_calls, sum(failed_calls) AS failed,
        sum(unknown_calls) AS unknown, sum(unpriced_calls) AS unpriced, sum(input_tokens) AS input,
        sum(cache_read_tokens) AS cache_read, sum(output_tokens) AS output, sum(human_turns) AS turns,
        sum(duration_ms) AS ms, sum(tasks_done) AS done, sum(tasks_failed) AS undone,
        sum(tasks_abandoned) AS abandoned, sum(tasks_reverted) AS reverted, sum(review_minutes) AS reviewed,
        sum(tasks_scored) AS scored, sum(task_scores) AS scores, sum(cost_usd) AS usd
    FROM {db}.usage_1d AS d
    WHERE day > toDate(now(), 'UTC') - 91 AND day <= toDate(now(), 'UTC')
    GROUP BY user_id, own_team, model, agent, ago
) AS u
LEFT JOIN {db}.team_of AS t ON t.user_id = u.user_id
