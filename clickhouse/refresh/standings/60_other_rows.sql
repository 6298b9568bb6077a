-- Stage standings: teams, models and agents. What has no name stands apart, without a rank. Teams with fewer people than
-- the setting min_cohort are not shown.
INSERT INTO {db}.standing_rows
(
    generation, window_days, subject, name, rank, gross_rank, prev_rank, display_name, team, gross_tokens, net_tokens,
    tier, titles, cost_usd, calls, failed_calls, unknown_calls, unpriced_calls, sessions, models, input_tokens,
    cache_read_tokens, cache_read_ratio, tasks_completed, tasks_failed, cost_per_completed_task, waste_tokens, output_tokens, human_turns, duration_ms,
    tasks_abandoned, tasks_reverted, review_minutes, tasks_scored, task_scores, people
)
SELECT
    {generation}, o.days, o.subject, o.name,
    if(name = '', NULL, row_number() OVER (PARTITION BY days, subject, name = '' ORDER BY net DESC, gross DESC, name)),
    if(name = '', NULL, row_number() OVER (PARTITION BY days, subject, name = '' ORDER BY gross DESC, net DESC, name)),
    if(name = '' OR NOT was_there, NULL,
        row_number() OVER (PARTITION BY days, subject, name = '', was_there ORDER BY net_before DESC, name)),
    if(name = '', '(none)', name), if(subject = 'team', name, ''), gross, net, '', [], usd, n_calls, failed, unknown,
    unpriced, s.sessions, models, input, cache_read, if(input = 0, NULL, cache_read / input), done, undone,
    if(done = 0, NULL, usd / done), gross - net, output, turns, ms, abandoned, reverted,
    reviewed, scored, scores, people
FROM
(
    SELECT *
    FROM others
    WHERE subject != 'team' OR name = ''
        OR people >= (SELECT toUInt64OrZero(anyIf(value, name = 'min_cohort')) FROM {db}.settings FINAL)
) AS o
LEFT JOIN
(
    SELECT days, part.1 AS kind, part.2 AS who, uniqExact(session) AS sessions
    FROM visits
    ARRAY JOIN [1, 7, 30, 90] AS days
    ARRAY JOIN arrayConcat(
        [('team', team)], arrayMap(m -> ('model', CAST(m, 'String')), models),
        arrayMap(a -> ('agent', CAST(a, 'String')), agents)) AS part
    WHERE ago < days
    GROUP BY days, kind, who
) AS s ON s.days = o.days AND s.kind = o.subject AND s.who = o.name
