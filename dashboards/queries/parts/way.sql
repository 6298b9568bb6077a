-- variable: model all=v=*
-- variable: agent all=v=*
    -- Where the board comes from. Above 0: the window, in hours, that the standings hold ready for everything, one model or
    -- one agent (a day goes by the hour); below 0: one that is summed from their parts, for several; 0: another range.
    -- Each mention costs planning, so the free way names it once a table, and reads tables instead of views.
    (SELECT if(
            position('${model:customqueryparam:v}', '&') = 0 AND position('${agent:customqueryparam:v}', '&') = 0
                AND ('${model:customqueryparam:v}' = 'v=*' OR '${agent:customqueryparam:v}' = 'v=*'),
            toInt32(maxIf(window_hours, if(window_hours = 24,
                toStartOfHour($__toTime) = made AND toStartOfHour($__fromTime) = made - 86400,
                $__toTime > now() - 7200
                    AND abs(dateDiff('second', $__fromTime, $__toTime) - window_hours * 3600) <= 3700))) AS hours,
            if(hours = 24, 0, -hours))
        FROM standing_board_rows
        WHERE generation = (SELECT max(generation) FROM generations WHERE stage = 'standings')
            AND window_hours > 0 AND model = '*' AND agent = '*' AND place <= 1) AS way
