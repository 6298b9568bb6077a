-- Stage standings: the board of people, ready to be read: of everybody, and of who used a model or an agent.
INSERT INTO {db}.standing_board_rows
(
    generation, window_hours, model, agent, place, made, name, prev_rank, display_name, team, tier, titles,
    gross_tokens, net_tokens, cost_usd, calls, unknown_calls, unpriced_calls, sessions, models, input_tokens,
    cache_read_tokens, tasks_completed
)
SELECT
    {generation}, window_days * 24, '*', '*', ifNull(rank, 0),
    toStartOfHour(snowflakeIDToDateTime({generation}, 0, 'UTC')), name, prev_rank, display_name, CAST(team, 'String'),
    CAST(tier, 'String'), CAST(titles, 'Array(String)'), gross_tokens, net_tokens, cost_usd, calls, unknown_calls,
    unpriced_calls, toNullable(sessions), models, input_tokens, cache_read_tokens, toNullable(tasks_completed)
FROM {db}.standing_rows
WHERE generation = {generation} AND subject = 'user' AND window_days IN (7, 30, 90)
UNION ALL
SELECT
    {generation}, window_days * 24, picked_model, picked_agent, if(unranked, 0, place),
    toStartOfHour(snowflakeIDToDateTime({generation}, 0, 'UTC')), name,
    if(unranked OR NOT was_there, NULL, toUInt32(place_before)), display_name, team, tier, titles, gross, net, usd,
    n_calls, unknown, unpriced, NULL, n_models, input, cached, NULL
FROM
(
    SELECT
        *,
        row_number() OVER (PARTITION BY window_days, picked_model, picked_agent, unranked, is_now
            ORDER BY net DESC, gross DESC, name) AS place,
        row_number() OVER (PARTITION BY window_days, picked_model, picked_agent, unranked, was_there
            ORDER BY before DESC, name) AS place_before
    FROM
    (
        SELECT
            window_days, x.name AS name, name IN ('', '(hidden)') AS unranked,
            if(grouping(x.model) = 0, CAST(x.model, 'String'), '*') AS picked_model,
            if(grouping(x.agent) = 0, CAST(x.agent, 'String'), '*') AS picked_agent,
            any(x.display_name) AS display_name, any(CAST(x.team, 'String')) AS team, any(CAST(x.tier, 'String')) AS tier,
            any(CAST(x.titles, 'Array(String)')) AS titles, max(x.in_window) AS is_now, max(x.was_there) AS was_there,
            sum(x.net_before) AS before, sum(x.gross_tokens) AS gross, sum(x.net_tokens) AS net, sum(x.cost_usd) AS usd,
            sum(x.calls) AS n_calls, sum(x.unknown_calls) AS unknown, sum(x.unpriced_calls) AS unpriced,
            sum(x.input_tokens) AS input, sum(x.cache_read_tokens) AS cached,
            uniqExactIf(x.used_model,
                x.in_window AND x.used_model != '' AND (x.calls > x.failed_calls OR x.gross_tokens > 0)) AS n_models
        FROM
        (
            SELECT *, model AS used_model
            FROM {db}.standing_part_rows
            WHERE generation = {generation} AND window_days IN (7, 30, 90)
        ) AS x
        GROUP BY GROUPING SETS ((window_days, x.name, x.model), (window_days, x.name, x.agent))
    )
)
WHERE is_now
