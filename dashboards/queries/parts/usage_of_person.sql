-- include: chosen
    ,
    -- What calls named the person: hours keep those names, and are sorted by them.
    (SELECT arrayConcat(groupArrayIf(alias, owner = person), if(has(groupArray(alias), person), [], [person]))
        FROM (SELECT p.alias AS alias, p.person AS owner FROM person_of AS p)) AS names,
    -- The person's usage in the time range, of the chosen models and agents, by day or by hour.
    usage AS
    (
        SELECT *
        FROM
        (
            SELECT toDateTime(day, 'UTC') AS since, * EXCEPT day
            FROM usage_1d
            WHERE by_day AND user_id = person
                AND day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC')
            UNION ALL
            SELECT hour AS since, * EXCEPT (hour, generation)
            FROM usage_1h_rows
            WHERE NOT by_day AND user_id IN (SELECT arrayJoin(names))
                AND hour BETWEEN toStartOfHour($__fromTime) AND $__toTime
                AND (hour, generation) IN (SELECT unit, generation FROM current WHERE stage = 'usage_1h')
        )
        WHERE true
-- include: of_models_and_agents
    )
