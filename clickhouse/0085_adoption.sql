-- How many of a team's people were active in a week: people are those whom the table people lists for the team and
-- whoever else was active in it. A team of fewer people than the setting min_cohort is not shown.
CREATE OR REPLACE VIEW {db}.adoption {on_cluster} AS
SELECT week, team, count() AS people, countIf(calls > 0) AS active, active / people AS share
FROM {db}.person_weeks
GROUP BY week, team
HAVING people >= (SELECT toUInt64OrZero(anyIf(value, name = 'min_cohort')) FROM {db}.settings FINAL)
