-- include: chosen
    ,
    -- Windows that the standings hold ready, as whole days; 0 for another.
    (SELECT if(everything AND $__toTime > now() - 7200,
               arrayFirst(d -> abs(seconds - d * 86400) <= 3700, [7, 30, 90]), 0)) AS standing,
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
        WHERE standing = 0 AND window_days IN (30, 90) AND subject = 'user'
        GROUP BY name
    ),
    used AS
    (
        SELECT
            u.user_id AS user_id,
            argMaxIf(u.team, u.net_tokens, u.team != '' AND in_range) AS team,
            sumIf(u.gross_tokens, in_range) AS gross_tokens,
            sumIf(u.net_tokens, in_range) AS net_tokens,
            sumIf(u.net_tokens, in_range_before) AS net_before,
            countIf(in_range_before) > 0 AS was_there,
            sumIf(u.cost_usd, in_range) AS cost_usd,
            sumIf(u.calls, in_range) AS calls,
            sumIf(u.unknown_calls, in_range) AS unknown_calls,
            sumIf(u.unpriced_calls, in_range) AS unpriced_calls,
            uniqExactIf(u.model, u.model != '' AND in_range) AS models,
            sumIf(u.input_tokens, in_range) AS input_tokens,
            sumIf(u.cache_read_tokens, in_range) AS cache_read_tokens,
            sumIf(u.tasks_done, in_range) AS tasks_done
        FROM
        (
            SELECT
                *,
                day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC') AS in_range,
                day BETWEEN toDate($__fromTime - 1, 'UTC') AND toDate($__toTime - 86400, 'UTC')
                    AS in_range_before
            FROM usage_1d
            WHERE standing = 0 AND by_day
                AND day BETWEEN toDate($__fromTime - 1, 'UTC') AND toDate($__toTime, 'UTC')
            UNION ALL
            SELECT
                toDate(hour, 'UTC') AS day, * EXCEPT hour,
                hour BETWEEN toStartOfHour($__fromTime) AND $__toTime AS in_range,
                hour BETWEEN toStartOfHour($__fromTime - 86400) AND $__toTime - 86400 AS in_range_before
            FROM usage_1h
            WHERE standing = 0 AND NOT by_day
                AND hour BETWEEN toStartOfHour($__fromTime - 86400) AND $__toTime
        ) AS u
        WHERE (has(picked_models, '*') OR has(picked_models, u.model))
            AND (has(picked_agents, '*') OR has(picked_agents, if(u.agent = '', '(none)', u.agent)))
        GROUP BY user_id
        HAVING countIf(in_range) > 0
    ),
    placed AS
    (
        SELECT
            *,
            row_number() OVER (PARTITION BY user_id = '' ORDER BY net_tokens DESC, gross_tokens DESC, user_id)
                AS place,
            row_number() OVER (PARTITION BY user_id = '', was_there ORDER BY net_before DESC, user_id)
                AS place_before
        FROM used
    ),
    sat AS
    (
        SELECT user_id, uniqExact(session_id) AS sessions
        FROM session_hours
        WHERE standing = 0
            AND hour >= if(by_day, toDateTime(toDate($__fromTime + 86399, 'UTC'), 'UTC'), toStartOfHour($__fromTime))
            AND hour <= $__toTime
            AND (has(picked_models, '*') OR hasAny(models, picked_models))
            AND (has(picked_agents, '*') OR hasAny(agents, picked_agents)
                OR (has(picked_agents, '(none)') AND empty(agents)))
        GROUP BY user_id
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
            if(p.user_id = '', NULL, toUInt32(p.place)),
            if(p.user_id = '' OR NOT p.was_there, NULL, toUInt32(p.place_before)),
            p.user_id,
            multiIf(p.user_id = '', 'unattributed', known.display_name = '', p.user_id, known.display_name),
            if(known.user_id = p.user_id, known.team, p.team) AS team_now,
            multiIf(p.user_id = '', '', known.tier = '', 'unranked', known.tier),
            known.titles,
            p.gross_tokens, p.net_tokens, toUInt64(p.gross_tokens - p.net_tokens), p.cost_usd, p.calls,
            p.unknown_calls, p.unpriced_calls, sat.sessions, p.models, p.input_tokens,
            p.cache_read_tokens,
            -- Nobody says which model or agent a task belongs to.
            if(everything, toNullable(p.tasks_done), NULL)
        FROM placed AS p
        LEFT JOIN sat ON sat.user_id = p.user_id
        LEFT JOIN known ON known.user_id = p.user_id
        WHERE standing = 0
            AND (has(picked_teams, '*') OR has(picked_teams, if(team_now = '', '(none)', team_now)))
    )
