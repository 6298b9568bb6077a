-- title: Teams to choose from
-- description: Every team that somebody worked for in the last 90 days and that has enough people to be shown; (none)
--   stands for people without one.
WITH
    (SELECT (every_team, shown_teams) FROM team_cohort) AS cohort,
    cohort.1 AS every_team, cohort.2 AS shown_teams
SELECT DISTINCT if(team = '', '(none)', team) AS value
FROM standings
WHERE window_days = 90 AND subject = 'user' AND (team = '' OR every_team OR has(shown_teams, team))
ORDER BY value = '(none)', value
LIMIT 1000
