-- title: Adoption
-- description: The share of each team's people who had calls in a week (from Monday, UTC). People are those whom the table
--   people lists and whoever else was active; very small teams may be left out.
WITH
    toStartOfWeek(toDate($__fromTime, 'UTC'), 1) AS first_week,
    -- The standings hold the weeks of the last thirty days ready; before any are made, none.
    (SELECT if(count() = 0, toDate('2149-01-01'), min(week)) FROM standing_adoption) AS ready_from
SELECT toDateTime(week, 'UTC') AS time, if(team = '', '(none)', team) AS team_name, share
FROM
(
    SELECT week, team, share
    FROM standing_adoption
    WHERE week >= first_week AND week <= toDate($__toTime, 'UTC')
    UNION ALL
    SELECT week, team, share
    FROM adoption
    WHERE week >= first_week AND week <= toDate($__toTime, 'UTC') AND week < ready_from
)
ORDER BY time, team_name
