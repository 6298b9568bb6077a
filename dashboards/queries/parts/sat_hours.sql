-- include: chosen
    ,
    -- What sessions did in the hours of the time range, of the chosen teams, models and agents.
    sat AS
    (
        SELECT *
        FROM session_hours
        WHERE hour >= if(by_day, toDateTime(toDate($__fromTime + 86399, 'UTC'), 'UTC'), toStartOfHour($__fromTime))
            AND hour <= $__toTime
            AND (has(picked_teams, '*') OR has(picked_teams, if(team = '', '(none)', team)))
            AND (has(picked_models, '*') OR hasAny(models, picked_models))
            AND (has(picked_agents, '*') OR hasAny(agents, picked_agents)
                OR (has(picked_agents, '(none)') AND empty(agents)))
    )
