-- Which teams are shown as such: those in whose name at least as many people had calls in the last ninety days as the
-- setting min_cohort says; at 1 or nothing every team. One row.
CREATE OR REPLACE VIEW {db}.team_cohort {on_cluster} AS
SELECT
    (SELECT toUInt64OrZero(anyIf(value, name = 'min_cohort')) FROM {db}.settings FINAL) <= 1 AS every_team,
    (SELECT groupArray(name) FROM {db}.standings WHERE window_days = 90 AND subject = 'team') AS shown_teams
