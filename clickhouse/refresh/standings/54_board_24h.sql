-- when: SELECT count() >= 50000 FROM {db}.usage_1h_rows WHERE hour >= toStartOfHour(now('UTC')) - 172800
-- Stage standings: the same of the hour in which the standings are made and the 24 before it, where so much happened that
-- boards would take long to sum it.
INSERT INTO {db}.standing_board_rows
(
    generation, window_hours, model, agent, place, made, name, prev_rank, display_name, team, tier, titles,
    gross_tokens, net_tokens, cost_usd, calls, unknown_calls, unpriced_calls, sessions, models, input_tokens,
    cache_read_tokens, tasks_completed
)
WITH toStartOfHour(snowflakeIDToDateTime({generation}, 0, 'UTC')) AS this_hour
SELECT
    {generation}, 24, p.picked_model, p.picked_agent, if(p.unranked, 0, p.place), this_hour, p.name,
    if(p.unranked OR NOT p.was_there, NULL, toUInt32(p.place_before)),
    multiIf(p.name = '', 'unattributed', known.display_name = '', p.name, known.display_name),
    if(known.name = p.name, known.team, p.team),
    multiIf(p.unranked, '', known.tier = '', 'unranked', known.tier), known.titles, p.gross, p.net, p.usd, p.n_calls,
    p.unknown, p.unpriced, toNullable(sat.sessions), p.n_models, p.input, p.cached,
    if(p.picked_model = '*' AND p.picked_agent = '*', toNullable(p.done), NULL)
FROM
(
    SELECT
        *,
        row_number() OVER (PARTITION BY picked_model, picked_agent, unranked ORDER BY net DESC, gross DESC, name) AS place,
        row_number() OVER (PARTITION BY picked_model, picked_agent, unranked, was_there ORDER BY before DESC, name)
            AS place_before
    FROM
    (
        SELECT
            x.name AS name, name IN ('', '(hidden)') AS unranked,
            if(grouping(x.model) = 0, CAST(x.model, 'String'), '*') AS picked_model,
            if(grouping(x.agent) = 0, CAST(x.agent, 'String'), '*') AS picked_agent,
            argMaxIf(x.team, x.net, x.team != '' AND x.is_now) AS team, max(x.was_there) AS was_there,
            sum(x.before) AS before, sum(x.gross) AS gross, sum(x.net) AS net, sum(x.usd) AS usd, sum(x.n_calls) AS n_calls,
            sum(x.unknown) AS unknown, sum(x.unpriced) AS unpriced, sum(x.input) AS input, sum(x.cached) AS cached,
            sum(x.done) AS done,
            uniqExactIf(x.used_model,
                x.is_now AND x.used_model != '' AND (x.n_calls > x.failed OR x.gross > 0)) AS n_models
        FROM
        (
            SELECT
                multiIf(w.listing = 'hidden', '(hidden)', w.listing = 'pseudonym', w.pseudonym, u.user_id) AS name,
                CAST(u.team, 'String') AS team, u.model AS model, u.agent AS agent, u.model AS used_model,
                countIf(in_range) > 0 AS is_now, countIf(in_range_before) > 0 AS was_there,
                sumIf(u.net_tokens, in_range_before) AS before,
                sumIf(u.gross_tokens, in_range) AS gross, sumIf(u.net_tokens, in_range) AS net,
                sumIf(u.cost_usd, in_range) AS usd, sumIf(u.calls, in_range) AS n_calls,
                sumIf(u.failed_calls, in_range) AS failed, sumIf(u.unknown_calls, in_range) AS unknown,
                sumIf(u.unpriced_calls, in_range) AS unpriced, sumIf(u.input_tokens, in_range) AS input,
                sumIf(u.cache_read_tokens, in_range) AS cached, sumIf(u.tasks_done, in_range) AS done
            FROM
            (
                SELECT *, hour BETWEEN this_hour - 86400 AND this_hour AS in_range, hour <= this_hour - 86400 AS in_range_before
                FROM {db}.usage_1h
                WHERE hour BETWEEN this_hour - 172800 AND this_hour
            ) AS u
            LEFT JOIN
            (
                SELECT person_id, CAST(listing, 'String') AS listing, pseudonym
                FROM {db}.people FINAL
                WHERE listing != 'named'
            ) AS w ON w.person_id = u.user_id
            GROUP BY name, team, model, agent
        ) AS x
        GROUP BY GROUPING SETS ((x.name), (x.name, x.model), (x.name, x.agent))
        HAVING max(x.is_now)
    )
) AS p
LEFT JOIN
(
    SELECT user_id, pick.1 AS sat_model, pick.2 AS sat_agent, uniqExact(session_id) AS sessions
    FROM {db}.session_hours
    ARRAY JOIN arrayConcat(
        [('*', '*')], arrayMap(m -> (CAST(m, 'String'), '*'), models),
        arrayMap(a -> ('*', CAST(a, 'String')), if(empty(agents), [''], agents))) AS pick
    WHERE hour BETWEEN this_hour - 86400 AND this_hour
    GROUP BY user_id, sat_model, sat_agent
) AS sat ON sat.user_id = p.name AND sat.sat_model = p.picked_model AND sat.sat_agent = p.picked_agent
LEFT JOIN
(
    SELECT
        name, any(display_name) AS display_name, any(CAST(team, 'String')) AS team,
        anyIf(CAST(tier, 'String'), window_days = 30) AS tier, anyIf(CAST(titles, 'Array(String)'), window_days = 30) AS titles
    FROM {db}.standing_rows
    WHERE generation = {generation} AND window_days IN (30, 90) AND subject = 'user'
    GROUP BY name
) AS known ON known.name = p.name
