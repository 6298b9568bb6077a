-- Which teams are shown as such: those in whose name at least as many people had calls in the last ninety days as the
-- setting min_cohort says; at 1 or nothing every team, and none is listed. One row. Nearly every panel asks, so it reads
-- the tables themselves: the newest generation of the standings is the one that holds.
CREATE OR REPLACE VIEW {db}.team_cohort {on_cluster} AS
WITH (SELECT toUInt64OrZero(argMax(value, changed)) FROM {db}.settings WHERE name = 'min_cohort') AS least
SELECT
    least <= 1 AS every_team,
    (
        SELECT groupArray(name)
        FROM {db}.standing_rows
        WHERE least > 1 AND window_days = 90 AND subject = 'team'
            AND generation = (SELECT max(generation) FROM {db}.generations WHERE stage = 'standings')
    ) AS shown_teams
