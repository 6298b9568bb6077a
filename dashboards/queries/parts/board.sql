-- variable: unready default=--
-- include: chosen
    ,
    -- Nine tenths of what a ready board costs is planning, most of that of what it does not read: a dashboard that knows
    -- that it is ready leaves that out (options_unready.sql).
${unready:raw}
-- include: way
    ,
    -- Rows of usage in the time range, or in the same range a day earlier, by person. Who chose not to be named stands
    -- under their pseudonym.
    used AS
    (
        SELECT
            user_id,
            any(u.part) AS part, any(u.shown) AS shown, argMaxIf(u.team, u.net, u.team != '' AND in_range) AS team, any(u.tier) AS tier,
            any(u.titles) AS titles,
            sumIf(u.gross, in_range) AS gross,
            sumIf(u.net, in_range) AS net,
            sum(u.before) AS net_before,
            max(in_range_before) AS was_there,
            max(in_range) AS is_now,
            sumIf(u.usd, in_range) AS usd,
            sumIf(u.n_calls, in_range) AS n_calls,
            sumIf(u.unknown, in_range) AS unknown,
            sumIf(u.unpriced, in_range) AS unpriced,
            uniqExactIf(u.model, u.model != '' AND in_range AND (u.n_calls > u.failed OR u.gross > 0)) AS n_models,
            sumIf(u.input, in_range) AS input,
            sumIf(u.cached, in_range) AS cached,
            sumIf(u.done, in_range) AS done
        FROM
        (
            SELECT
                multiIf(w.listing = 'hidden', '(hidden)', w.listing = 'pseudonym', w.pseudonym,
                    a.person = '', r.user_id, a.person) AS user_id,
                0 AS part, '' AS shown, r.team AS team, '' AS tier, emptyArrayString() AS titles, r.model AS model, r.agent AS agent,
                r.in_range AS in_range, r.in_range_before AS in_range_before, if(r.in_range_before, r.net_tokens, 0) AS before,
                r.gross_tokens AS gross, r.net_tokens AS net, r.cost_usd AS usd, r.calls AS n_calls,
                r.failed_calls AS failed, r.unknown_calls AS unknown, r.unpriced_calls AS unpriced,
                r.input_tokens AS input, r.cache_read_tokens AS cached, r.tasks_done AS done
            FROM
            (
                SELECT
                    '' AS alias, user_id, team, agent, model, gross_tokens, net_tokens, cost_usd, calls, failed_calls,
                    unknown_calls, unpriced_calls, input_tokens, cache_read_tokens, tasks_done,
                    day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC') AS in_range,
                    day BETWEEN toDate($__fromTime - 1, 'UTC') AND toDate($__toTime - 86400, 'UTC') AS in_range_before
                FROM usage_1d_rows
                WHERE way = 0 AND by_day AND day BETWEEN toDate($__fromTime - 1, 'UTC') AND toDate($__toTime, 'UTC')
                    AND (toDateTime(day, 'UTC'), generation) IN
                        (SELECT unit, generation FROM current WHERE stage = 'usage_1d')
                UNION ALL
                SELECT
                    user_id, user_id, team, agent, model, gross_tokens, net_tokens, cost_usd, calls, failed_calls,
                    unknown_calls, unpriced_calls, input_tokens, cache_read_tokens, tasks_done,
                    hour BETWEEN toStartOfHour($__fromTime) AND $__toTime AS in_range,
                    hour BETWEEN toStartOfHour($__fromTime - 86400) AND $__toTime - 86400 AS in_range_before
                FROM usage_1h_rows
                WHERE way = 0 AND NOT by_day AND hour BETWEEN toStartOfHour($__fromTime - 86400) AND $__toTime
                    AND (hour, generation) IN (SELECT unit, generation FROM current WHERE stage = 'usage_1h')
            ) AS r
            LEFT JOIN person_of AS a ON a.alias = r.alias
            LEFT JOIN
            (
                SELECT person_id, CAST(listing, 'String') AS listing, pseudonym FROM people FINAL WHERE listing != 'named'
            ) AS w ON w.person_id = if(a.person = '', r.user_id, a.person)
            UNION ALL
            SELECT
                name, 1, display_name, team, tier, titles, model, agent, in_window, was_there, net_before, gross_tokens,
                net_tokens, cost_usd, calls, failed_calls, unknown_calls, unpriced_calls, input_tokens, cache_read_tokens, 0
            FROM standing_parts
            WHERE window_days * 24 = -way
        ) AS u
        WHERE $__conditionalAll((has(picked_models, '*') OR has(picked_models, u.model)), $model)
            AND $__conditionalAll((has(picked_agents, '*') OR has(picked_agents, if(u.agent = '', '(none)', u.agent))), $agent)
        GROUP BY user_id
        HAVING is_now OR part
    ),
    placed AS
    (
        SELECT
            *,
            user_id IN ('', '(hidden)') AS unranked,
            row_number() OVER (PARTITION BY unranked, is_now ORDER BY net DESC, gross DESC, user_id) AS place,
            row_number() OVER (PARTITION BY unranked, was_there ORDER BY net_before DESC, user_id) AS place_before
        FROM used
    ),
    sat AS
    (
        SELECT if(a.person = '', s.user_id, a.person) AS user_id, uniqExact(s.session_id) AS sessions
        FROM session_rows AS s
        LEFT JOIN person_of AS a ON a.alias = s.user_id
        WHERE way = 0 AND (hour, generation) IN (SELECT unit, generation FROM current WHERE stage = 'sessions')
            AND hour >= if(by_day, toDateTime(toDate($__fromTime + 86399, 'UTC'), 'UTC'), toStartOfHour($__fromTime))
            AND hour <= $__toTime
            AND $__conditionalAll((has(picked_models, '*') OR hasAny(models, picked_models)), $model)
            AND $__conditionalAll((has(picked_agents, '*') OR hasAny(agents, picked_agents)
                OR (has(picked_agents, '(none)') AND empty(agents))), $agent)
        GROUP BY user_id
    ),
    -- A person's team is the one they last worked for; the ninety days' standings know it.
    known AS
    (
        SELECT
            name AS user_id, any(display_name) AS display_name, any(team) AS team,
            anyIf(CAST(tier, 'String'), window_days = 30) AS tier,
            anyIf(titles, window_days = 30) AS titles
        FROM standings
        WHERE way = 0 AND window_days IN (30, 90) AND subject = 'user'
        GROUP BY name
    ),
    --*/
    multiIf(seconds < 172800, 24, seconds < 1036800, 168, seconds < 3888000, 720, 2160) AS nearest,
    -- One row per person with usage in the time range, whoever's team is chosen. place: the rank, 0 without one.
    board AS
    (
        SELECT
            place, prev_rank, name AS user_id, display_name, team, tier, titles, gross_tokens, net_tokens, cost_usd, calls,
            unknown_calls, unpriced_calls, sessions, models, input_tokens, cache_read_tokens, tasks_completed
        FROM standing_board
        WHERE window_hours = nearest AND model = picked_models[1]
            AND agent = if(picked_agents[1] = '(none)', '', picked_agents[1])
            AND $__conditionalAll((has(picked_teams, '*') OR has(picked_teams, if(team = '', '(none)', team))), $team)
${unready:raw}
            AND way > 0
        UNION ALL
        SELECT
            if(p.unranked, 0, toUInt32(p.place)),
            if(p.unranked OR NOT p.was_there, NULL, toUInt32(p.place_before)),
            p.user_id,
            multiIf(p.part, p.shown, p.user_id = '', 'unattributed', known.display_name = '', p.user_id,
                known.display_name),
            if(known.user_id = p.user_id, known.team, p.team) AS team_now,
            multiIf(p.part, p.tier, p.unranked, '', known.tier = '', 'unranked', known.tier),
            if(p.part, p.titles, known.titles),
            p.gross, p.net, p.usd, p.n_calls, p.unknown, p.unpriced,
            -- How many sessions used the chosen models or agents nobody has counted beforehand.
            if(p.part, NULL, toNullable(sat.sessions)),
            p.n_models, p.input, p.cached,
            -- Nobody says which model or agent a task belongs to.
            if(everything, toNullable(p.done), NULL)
        FROM placed AS p
        LEFT JOIN sat ON sat.user_id = p.user_id
        LEFT JOIN known ON known.user_id = p.user_id
        WHERE p.is_now
            AND $__conditionalAll((has(picked_teams, '*') OR has(picked_teams, if(team_now = '', '(none)', team_now))), $team)
    --*/
    )
