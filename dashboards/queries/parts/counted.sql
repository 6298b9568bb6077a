-- include: cube
    ,
    -- The same of the people of chosen teams: a person's team is the one that the standings say, whatever calls named.
    of_teams AS
    (
        SELECT
            since, project, service, calls, failed_calls, unknown_calls, unpriced_calls, gross_tokens, net_tokens,
            quarantined_tokens, errored_tokens, retry_tokens, duplicate_tokens, loop_tokens, idle_tokens,
            if(user_id = '', gross_tokens, 0) AS unattributed_tokens
        FROM
        (
            SELECT
                toDateTime(day, 'UTC') AS since, user_id, team, project, service, agent, model, calls, failed_calls,
                unknown_calls, unpriced_calls, gross_tokens, net_tokens, quarantined_tokens, errored_tokens,
                retry_tokens, duplicate_tokens, loop_tokens, idle_tokens
            FROM usage_1d
            WHERE by_day AND NOT has(picked_teams, '*')
                AND day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC')
            UNION ALL
            SELECT
                hour AS since, user_id, team, project, service, agent, model, calls, failed_calls,
                unknown_calls, unpriced_calls, gross_tokens, net_tokens, quarantined_tokens, errored_tokens,
                retry_tokens, duplicate_tokens, loop_tokens, idle_tokens
            FROM usage_1h
            WHERE NOT by_day AND NOT has(picked_teams, '*') AND hour BETWEEN toStartOfHour($__fromTime) AND $__toTime
        )
        WHERE (has(picked_models, '*') OR has(picked_models, model))
            AND (has(picked_agents, '*') OR has(picked_agents, if(agent = '', '(none)', agent)))
            AND (
                user_id IN
                (
                    SELECT name
                    FROM standings
                    WHERE window_days = 90 AND subject = 'user'
                        AND has(picked_teams, if(team = '', '(none)', team))
                )
                -- Who was last seen before the standings begin has the team of the call.
                OR ($__fromTime < now() - INTERVAL 89 DAY AND has(picked_teams, if(team = '', '(none)', team))
                    AND user_id NOT IN (SELECT name FROM standings WHERE window_days = 90 AND subject = 'user')))
    ),
    counted AS
    (
        SELECT
            since, project, service, calls, failed_calls, unknown_calls, unpriced_calls, gross_tokens, net_tokens,
            quarantined_tokens, errored_tokens, retry_tokens, duplicate_tokens, loop_tokens, idle_tokens,
            unattributed_tokens
        FROM usage
        WHERE has(picked_teams, '*')
        UNION ALL
        SELECT * FROM of_teams
    )
