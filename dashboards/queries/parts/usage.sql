-- include: chosen
    ,
    -- Usage in the time range of the chosen people, models and agents, by day or by hour.
    usage AS
    (
        SELECT *
        FROM
        (
            SELECT toDateTime(day, 'UTC') AS since, * EXCEPT day
            FROM usage_1d
            WHERE by_day
                AND day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC')
            UNION ALL
            SELECT hour AS since, * EXCEPT hour
            FROM usage_1h
            WHERE NOT by_day AND hour BETWEEN toStartOfHour($__fromTime) AND $__toTime
        )
        WHERE $__conditionalAll((has(picked_teams, '*')
                OR user_id IN
                (
                    SELECT name
                    FROM standings
                    WHERE window_days = 90 AND subject = 'user'
                        AND has(picked_teams, if(team = '', '(none)', team))
                )
                -- Who was last seen before the standings begin has the team of the call.
                OR ($__fromTime < now() - INTERVAL 89 DAY AND has(picked_teams, if(team = '', '(none)', team))
                    AND user_id NOT IN (SELECT name FROM standings WHERE window_days = 90 AND subject = 'user'))), $team)
-- include: of_models_and_agents
    )
