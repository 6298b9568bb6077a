-- title: Adoption
-- description: The share of each team's people who had calls in a week (from Monday, UTC). People are those whom the table
--   people lists and whoever else was active; very small teams may be left out.
SELECT toDateTime(week, 'UTC') AS time, if(team = '', '(none)', team) AS team_name, share
FROM adoption
WHERE week >= toStartOfWeek(toDate($__fromTime, 'UTC'), 1) AND week <= toDate($__toTime, 'UTC')
ORDER BY time, team_name
