    -- The same of chosen teams by project: no set of the cube, which would be as large as what it is made of.
    team_projects AS
    (
        SELECT project, cost_usd
        FROM
        (
            SELECT team, agent, model, project, cost_usd
            FROM team_usage_1d
            WHERE by_day AND NOT has(picked_teams, '*') AND has(picked_teams, if(team = '', '(none)', team))
                AND day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC')
            UNION ALL
            SELECT team, agent, model, project, cost_usd
            FROM team_usage_1h
            WHERE NOT by_day AND NOT has(picked_teams, '*') AND has(picked_teams, if(team = '', '(none)', team))
                AND hour BETWEEN toStartOfHour($__fromTime) AND $__toTime
        )
        WHERE $__conditionalAll((has(picked_models, '*') OR has(picked_models, model)), $model)
            AND $__conditionalAll((has(picked_agents, '*') OR has(picked_agents, if(agent = '', '(none)', agent))), $agent)
    )
