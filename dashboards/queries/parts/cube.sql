-- include: chosen
    ,
    -- The smallest set of dimensions of the cube that tells apart what the query asks for (shown) and what is chosen.
    -- It is worked out from the text of what is chosen, as is by_day: whatever asks a table is paid for at each mention.
    arrayFilter(
        d -> has(shown, d) OR (d = 'team' AND '${team:customqueryparam:v}' != 'v=*')
            OR (d = 'agent' AND '${agent:customqueryparam:v}' != 'v=*')
            OR (d = 'model' AND '${model:customqueryparam:v}' != 'v=*'),
        ['team', 'agent', 'model', 'project service']) AS needed,
    multiIf(
        empty(needed), 'model',
        length(needed) > 1 AND has(needed, 'project service'), 'agent model project service',
        arrayStringConcat(needed, ' ')) AS told_apart,
    -- Usage in the time range of the chosen teams, models and agents, without people: by day or by hour.
    usage AS
    (
        SELECT *
        FROM
        (
            SELECT toDateTime(day, 'UTC') AS since, * EXCEPT day
            FROM usage_cube_1d
            WHERE by_day AND dimensions = told_apart
                AND day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC')
            UNION ALL
            SELECT hour AS since, * EXCEPT hour
            FROM usage_cube_1h
            WHERE NOT by_day AND dimensions = told_apart AND hour BETWEEN toStartOfHour($__fromTime) AND $__toTime
        )
        WHERE $__conditionalAll((has(picked_teams, '*') OR has(picked_teams, if(team = '', '(none)', team))), $team)
-- include: of_models_and_agents
    )
