-- include: chosen
    ,
    -- How calls ended in the time range, of the chosen teams, models and agents: by day or by hour.
    attempts AS
    (
        SELECT *
        FROM
        (
            SELECT toDateTime(day, 'UTC') AS since, * EXCEPT day
            FROM attempts_1d
            WHERE by_day AND day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC')
            UNION ALL
            SELECT hour AS since, * EXCEPT hour
            FROM attempts_1h
            WHERE NOT by_day AND hour BETWEEN toStartOfHour($__fromTime) AND $__toTime
        )
        WHERE $__conditionalAll((has(picked_teams, '*') OR has(picked_teams, if(team = '', '(none)', team))), $team)
-- include: of_models_and_agents
    )
