-- title: Weekly targets
-- description: How many of each team's people reached what is expected of them in a week, by net tokens: the newest whole
--   week in the time range, and this one so far. A target is no measure of good work; waste and outcomes stand beside it.
--   Teams of fewer people than the setting min_cohort stand together.
WITH
    (SELECT (every_team, shown_teams) FROM team_cohort) AS cohort,
    cohort.1 AS every_team, cohort.2 AS shown_teams,
    -- The newest that anybody shown in weekly_usage has; the last day tells, the others need not be read.
    (SELECT count() FROM people FINAL WHERE listing != 'hidden') AS listed,
    (SELECT max(day) FROM
    (
        SELECT day
        FROM usage_1d
        WHERE day < least(toStartOfWeek(toDate($__toTime, 'UTC'), 1) + 7, toStartOfWeek(toDate(now(), 'UTC'), 1))
            AND (listed > 0 OR (user_id != '' AND user_id NOT IN (SELECT person_id FROM people FINAL WHERE listing = 'hidden')))
        ORDER BY day DESC
        LIMIT 1
    )) AS last_day,
    toStartOfWeek(last_day, 1) AS whole_week
SELECT
    multiIf(team = '', '(none)', every_team OR has(shown_teams, team), team, '(small teams)') AS team_name,
    uniqExact(user_id) AS people,
    uniqExactIf(user_id, isNotNull(target_tokens)) AS with_target,
    countIf(week = whole_week AND reached = 1) / nullIf(countIf(week = whole_week AND isNotNull(reached)), 0) AS reached_share,
    countIf(week > whole_week AND reached = 1) / nullIf(countIf(week > whole_week AND isNotNull(reached)), 0) AS so_far,
    sumIf(net_tokens, week = whole_week) AS net_tokens
FROM weekly_usage
WHERE week >= whole_week AND week <= toDate($__toTime, 'UTC')
GROUP BY team_name
ORDER BY reached_share DESC NULLS LAST, team_name
LIMIT 100
