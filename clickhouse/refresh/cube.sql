-- Stages cube_1h and cube_1d: usage of some hours or days over sets of dimensions; {key} is hour or day, {grain} 1h or 1d.
-- Teams with projects are not a set: these are read from team_usage itself, team by team.
INSERT INTO {db}.{table}
(
    {key}, generation, dimensions, team, agent, model, project, service, provider, calls, failed_calls,
    unknown_calls, unpriced_calls, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, gross_tokens,
    net_tokens, quarantined_tokens, errored_tokens, retry_tokens, duplicate_tokens, loop_tokens, idle_tokens,
    human_turns, tool_calls, tasks_done, tasks_failed, tasks_abandoned, tasks_reverted, tasks_scored,
    unattributed_tokens, cost_usd, waste_usd, waste_usd_by_rule, review_minutes, task_scores, latency
)
SELECT
    {key}, {generation},
    arrayStringConcat(arrayFilter(name -> name != '', [
        if(grouping(team) = 0, 'team', ''), if(grouping(agent) = 0, 'agent', ''), if(grouping(model) = 0, 'model', ''),
        if(grouping(project) = 0, 'project service', '')]), ' ') AS dimensions,
    team, agent, model, project, service, provider,
    sum(u.calls), sum(u.failed_calls), sum(u.unknown_calls), sum(u.unpriced_calls), sum(u.input_tokens),
    sum(u.output_tokens), sum(u.cache_read_tokens), sum(u.cache_write_tokens), sum(u.gross_tokens),
    sum(u.net_tokens), sum(u.quarantined_tokens), sum(u.errored_tokens), sum(u.retry_tokens),
    sum(u.duplicate_tokens), sum(u.loop_tokens), sum(u.idle_tokens), sum(u.human_turns), sum(u.tool_calls),
    sum(u.tasks_done), sum(u.tasks_failed), sum(u.tasks_abandoned), sum(u.tasks_reverted), sum(u.tasks_scored),
    sum(u.unattributed_tokens), sum(u.cost_usd), sum(u.waste_usd), sumForEach(u.waste_usd_by_rule),
    sum(u.review_minutes), sum(u.task_scores), sumForEach(u.latency)
FROM
(
    SELECT
        {key}, team, agent, model, project, service, provider, calls, failed_calls, unknown_calls, unpriced_calls,
        input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, gross_tokens, net_tokens,
        quarantined_tokens, errored_tokens, retry_tokens, duplicate_tokens, loop_tokens, idle_tokens, human_turns,
        tool_calls, tasks_done, tasks_failed, tasks_abandoned, tasks_reverted, tasks_scored, toUInt64(0) AS unattributed_tokens,
        cost_usd, waste_usd,
        arrayMap(
            tokens -> if(gross_tokens > net_tokens,
                toFloat64(ifNull(waste_usd, 0)) / (gross_tokens - net_tokens) * tokens, 0),
            [quarantined_tokens, errored_tokens, retry_tokens, duplicate_tokens, loop_tokens, idle_tokens])
            AS waste_usd_by_rule,
        review_minutes, task_scores, latency
    FROM {db}.team_usage_{grain}
    WHERE {key} IN ({units})
    UNION ALL
    SELECT
        {key}, team, agent, model, project, service, provider, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, gross_tokens, NULL, NULL, emptyArrayFloat64(), 0, 0, emptyArrayUInt32()
    FROM {db}.usage_{grain}
    WHERE {key} IN ({units}) AND user_id = ''
) AS u
GROUP BY GROUPING SETS
(
    ({key}, model, provider), ({key}, agent), ({key}, team), ({key}, agent, model, provider), ({key}, team, agent),
    ({key}, team, model, provider), ({key}, team, agent, model, provider), ({key}, project, service),
    ({key}, agent, model, provider, project, service)
)
