-- include: chosen
    ,
    -- Windows that the standings hold ready, as whole days; 0 for another. With a filter of models or agents it is
    -- their parts that are read.
    (SELECT if($__toTime > now() - 7200, arrayFirst(d -> abs(seconds - d * 86400) <= 3700, [7, 30, 90]), 0)) AS ready,
    (SELECT if(everything, ready, 0)) AS standing,
    (SELECT if(everything, 0, ready)) AS parted,
    -- A person's team is the one they last worked for; the ninety days' standings know it.
    known AS
    (
        SELECT
            name AS user_id,
            any(display_name) AS display_name,
            any(team) AS team,
            anyIf(CAST(tier, 'String'), window_days = 30) AS tier,
            anyIf(titles, window_days = 30) AS titles
        FROM standings
        WHERE ready = 0 AND window_days IN (30, 90) AND subject = 'user'
        GROUP BY name
    ),
    used AS
    (
        SELECT
            multiIf(w.listing = 'hidden', '(hidden)', w.listing = 'pseudonym', w.pseudonym, u.user_id) AS user_id,
            argMaxIf(u.team, u.net_tokens, u.team != '' AND in_range) AS team,
            sumIf(u.gross_tokens, in_range) AS gross_tokens,
            sumIf(u.net_tokens, in_range) AS net_tokens,
            sumIf(u.net_tokens, in_range_before) AS net_before,
            countIf(in_range_before) > 0 AS was_there,
            sumIf(u.cost_usd, in_range) AS cost_usd,
            sumIf(u.calls, in_range) AS calls,
            sumIf(u.unknown_calls, in_range) AS unknown_calls,
            sumIf(u.unpriced_calls, in_range) AS unpriced_calls,
            uniqExactIf(u.model, u.model != '' AND in_range AND (u.calls > u.failed_calls OR u.gross_tokens > 0)) AS models,
            sumIf(u.input_tokens, in_range) AS input_tokens,
            sumIf(u.cache_read_tokens, in_range) AS cache_read_tokens,
            sumIf(u.tasks_done, in_range) AS tasks_done
        FROM
        (
            SELECT
                user_id, team, agent, model, gross_tokens, net_tokens, cost_usd, calls, failed_calls, unknown_calls,
                unpriced_calls, input_tokens, cache_read_tokens, tasks_done,
                day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC') AS in_range,
                day BETWEEN toDate($__fromTime - 1, 'UTC') AND toDate($__toTime - 86400, 'UTC')
                    AS in_range_before
            FROM usage_1d
            WHERE ready = 0 AND by_day
                AND day BETWEEN toDate($__fromTime - 1, 'UTC') AND toDate($__toTime, 'UTC')
            UNION ALL
            SELECT
                user_id, team, agent, model, gross_tokens, net_tokens, cost_usd, calls, failed_calls, unknown_calls,
                unpriced_calls, input_tokens, cache_read_tokens, tasks_done,
                hour BETWEEN toStartOfHour($__fromTime) AND $__toTime AS in_range,
                hour BETWEEN toStartOfHour($__fromTime - 86400) AND $__toTime - 86400 AS in_range_before
            FROM usage_1h
            WHERE ready = 0 AND NOT by_day
                AND hour BETWEEN toStartOfHour($__fromTime - 86400) AND $__toTime
        ) AS u
        LEFT JOIN
        (
            SELECT person_id, CAST(listing, 'String') AS listing, pseudonym FROM people FINAL WHERE listing != 'named'
        ) AS w ON w.person_id = u.user_id
        WHERE (has(picked_models, '*') OR has(picked_models, u.model))
            AND (has(picked_agents, '*') OR has(picked_agents, if(u.agent = '', '(none)', u.agent)))
        GROUP BY user_id
        HAVING countIf(in_range) > 0
    ),
    placed AS
    (
        SELECT
            *,
            row_number() OVER (PARTITION BY user_id IN ('', '(hidden)') ORDER BY net_tokens DESC, gross_tokens DESC, user_id)
                AS place,
            row_number() OVER (PARTITION BY user_id IN ('', '(hidden)'), was_there ORDER BY net_before DESC, user_id)
                AS place_before
        FROM used
    ),
    sat AS
    (
        SELECT user_id, uniqExact(session_id) AS sessions
        FROM session_hours
        WHERE ready = 0
            AND hour >= if(by_day, toDateTime(toDate($__fromTime + 86399, 'UTC'), 'UTC'), toStartOfHour($__fromTime))
            AND hour <= $__toTime
            AND (has(picked_models, '*') OR hasAny(models, picked_models))
            AND (has(picked_agents, '*') OR hasAny(agents, picked_agents)
                OR (has(picked_agents, '(none)') AND empty(agents)))
        GROUP BY user_id
    ),
    -- The same of a window that the standings hold ready, split by model and agent.
    split AS
    (
        SELECT
            *,
            row_number() OVER (PARTITION BY user_id IN ('', '(hidden)'), is_now ORDER BY net DESC, gross DESC, user_id)
                AS place,
            row_number() OVER (PARTITION BY user_id IN ('', '(hidden)'), was_there ORDER BY before DESC, user_id)
                AS place_before
        FROM
        (
            SELECT
                name AS user_id, any(x.display_name) AS display_name, any(CAST(x.team, 'String')) AS team,
                any(CAST(x.tier, 'String')) AS tier, any(x.titles) AS titles,
                max(x.in_window) AS is_now, max(x.was_there) AS was_there, sum(x.net_before) AS before,
                sum(x.gross_tokens) AS gross, sum(x.net_tokens) AS net, sum(x.cost_usd) AS usd,
                sum(x.calls) AS n_calls, sum(x.unknown_calls) AS unknown, sum(x.unpriced_calls) AS unpriced,
                sum(x.input_tokens) AS input, sum(x.cache_read_tokens) AS cached,
                uniqExactIf(x.model, x.in_window AND x.model != '' AND (x.calls > x.failed_calls OR x.gross_tokens > 0))
                    AS n_models
            FROM standing_parts AS x
            WHERE parted > 0 AND window_days = parted
                AND (has(picked_models, '*') OR has(picked_models, x.model))
                AND (has(picked_agents, '*') OR has(picked_agents, if(x.agent = '', '(none)', x.agent)))
            GROUP BY user_id
        )
    ),
    -- One row per person with usage in the time range, whoever's team is chosen.
    board AS
    (
        SELECT
            rank, prev_rank, name AS user_id, display_name, team, tier, titles,
            gross_tokens, net_tokens, waste_tokens, cost_usd, calls, unknown_calls, unpriced_calls,
            sessions, models, input_tokens, cache_read_tokens, toNullable(tasks_completed) AS tasks_completed
        FROM standings
        WHERE standing > 0 AND window_days = standing AND subject = 'user'
            AND (has(picked_teams, '*') OR has(picked_teams, if(team = '', '(none)', team)))
        UNION ALL
        SELECT
            if(p.user_id IN ('', '(hidden)'), NULL, toUInt32(p.place)),
            if(p.user_id IN ('', '(hidden)') OR NOT p.was_there, NULL, toUInt32(p.place_before)),
            p.user_id,
            multiIf(p.user_id = '', 'unattributed', known.display_name = '', p.user_id, known.display_name),
            if(known.user_id = p.user_id, known.team, p.team) AS team_now,
            multiIf(p.user_id IN ('', '(hidden)'), '', known.tier = '', 'unranked', known.tier),
            known.titles,
            p.gross_tokens, p.net_tokens, toUInt64(p.gross_tokens - p.net_tokens), p.cost_usd, p.calls,
            p.unknown_calls, p.unpriced_calls, sat.sessions, p.models, p.input_tokens,
            p.cache_read_tokens,
            -- Nobody says which model or agent a task belongs to.
            if(everything, toNullable(p.tasks_done), NULL)
        FROM placed AS p
        LEFT JOIN sat ON sat.user_id = p.user_id
        LEFT JOIN known ON known.user_id = p.user_id
        WHERE ready = 0
            AND (has(picked_teams, '*') OR has(picked_teams, if(team_now = '', '(none)', team_now)))
        UNION ALL
        SELECT
            if(s.user_id IN ('', '(hidden)'), NULL, toUInt32(s.place)),
            if(s.user_id IN ('', '(hidden)') OR NOT s.was_there, NULL, toUInt32(s.place_before)),
            s.user_id, s.display_name, s.team, s.tier, s.titles,
            s.gross, s.net, toUInt64(s.gross - s.net), s.usd, s.n_calls, s.unknown, s.unpriced,
            -- How many sessions used the chosen models or agents nobody has counted beforehand.
            NULL, s.n_models, s.input, s.cached, NULL
        FROM split AS s
        WHERE parted > 0 AND s.is_now AND (has(picked_teams, '*') OR has(picked_teams, if(s.team = '', '(none)', s.team)))
    )
