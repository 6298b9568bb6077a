-- title: Targets of this week
-- description: Who reached the net tokens that are expected of them this week (from Monday, UTC). Who chose a pseudonym
--   stands under it, who is hidden is not here; teams of fewer people than the setting min_cohort are not named.
WITH
    (SELECT (every_team, shown_teams) FROM team_cohort) AS cohort,
    cohort.1 AS every_team, cohort.2 AS shown_teams
SELECT
    w.week AS week,
    w.user_id AS user_id,
    w.display_name AS display_name,
    if(every_team OR has(shown_teams, w.team), w.team, '') AS team,
    w.net_tokens AS net_tokens,
    w.target_tokens AS target_tokens,
    w.reached AS reached
FROM weekly_usage AS w
WHERE w.week = toStartOfWeek(now('UTC'), 1) AND isNotNull(w.target_tokens)
ORDER BY w.net_tokens / w.target_tokens DESC, w.user_id
