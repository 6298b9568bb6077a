-- title: Teams
-- description: What each team's tokens bought: tasks and what became of them, cost and tokens per completed task (failures
--   included), human review, and how much of the work was steps, failures and waste.
WITH
    ['team'] AS shown,
-- include: cube
SELECT
    multiIf(u.team = '', '(none)', every_team OR has(shown_teams, u.team), u.team, '(small teams)') AS team_name,
-- include: outcome_columns
    ,
-- include: work_columns
FROM usage AS u
GROUP BY team_name
ORDER BY tasks_done DESC, gross_tokens DESC
LIMIT 100
