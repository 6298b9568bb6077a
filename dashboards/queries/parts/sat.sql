-- include: chosen
    ,
    -- What sessions did in the time range, of the chosen teams, models and agents: in ranges of whole days by day, one row
    -- of a session for each kind of row (see session_day_rows), in shorter ones by hour.
    (SELECT (
        arrayMap(t -> if(t = '(none)', '', t), picked_teams), arrayMap(m -> concat('\n', m, '\n'), picked_models),
        arrayMap(a -> concat('\n', a, '\n'), picked_agents))) AS looked_for,
    sat_days AS
    (
        SELECT *
        FROM session_days
        WHERE by_day AND day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC')
            AND of_day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC')
-- include: sat_in_days
    ),
    sat_hours AS
    (
        SELECT *
        FROM told_session_hours
        WHERE NOT by_day AND hour BETWEEN toStartOfHour($__fromTime) AND $__toTime
-- include: sat_in_hours
    )
