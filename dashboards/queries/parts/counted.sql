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
                toDateTime(day, 'UTC') AS since, user_id, team, project, service, agent, model, calls,
                failed_calls, unknown_calls, unpriced_calls, gross_tokens, net_tokens, quarantined_tokens, errored_tokens,
                retry_tokens, duplicate_tokens, loop_tokens, idle_tokens
            FROM usage_1d_rows
            WHERE by_day AND '${team:customqueryparam:v}' != 'v=*'
                AND day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC')
                AND (toDateTime(day, 'UTC'), generation) IN (SELECT unit, generation FROM current WHERE stage = 'usage_1d')
            UNION ALL
            SELECT
                hour, if(a.person = '', h.user_id, a.person), team, project, service, agent, model, calls, failed_calls,
                unknown_calls, unpriced_calls, gross_tokens, net_tokens, quarantined_tokens, errored_tokens, retry_tokens,
                duplicate_tokens, loop_tokens, idle_tokens
            FROM usage_1h_rows AS h
            LEFT JOIN person_of AS a ON a.alias = h.user_id
            WHERE NOT by_day AND '${team:customqueryparam:v}' != 'v=*'
                AND hour BETWEEN toStartOfHour($__fromTime) AND $__toTime
                AND (hour, generation) IN (SELECT unit, generation FROM current WHERE stage = 'usage_1h')
        )
        WHERE $__conditionalAll((has(picked_models, '*') OR has(picked_models, model)), $model)
            AND $__conditionalAll((has(picked_agents, '*') OR has(picked_agents, if(agent = '', '(none)', agent))), $agent)
            AND $__conditionalAll((
                user_id IN
                (
                    SELECT name
                    FROM standings
                    WHERE window_days = 90 AND subject = 'user'
                        AND has(picked_teams, if(team = '', '(none)', team))
                )
                -- Who was last seen before the standings begin has the team of the call.
                OR ($__fromTime < now() - INTERVAL 89 DAY AND has(picked_teams, if(team = '', '(none)', team))
                    AND user_id NOT IN (SELECT name FROM standings WHERE window_days = 90 AND subject = 'user'))), $team)
    ),
    counted AS
    (
        SELECT
            since, project, service, calls, failed_calls, unknown_calls, unpriced_calls, gross_tokens, net_tokens,
            quarantined_tokens, errored_tokens, retry_tokens, duplicate_tokens, loop_tokens, idle_tokens,
            unattributed_tokens
        FROM usage
        WHERE '${team:customqueryparam:v}' = 'v=*'
        UNION ALL
        SELECT * FROM of_teams
    )
