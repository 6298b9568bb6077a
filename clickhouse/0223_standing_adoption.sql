-- The rows of adoption for the weeks that the last thirty days touch, as of the newest standings.
CREATE OR REPLACE VIEW {db}.standing_adoption {on_cluster} AS
SELECT week, team, people, active, active / people AS share
FROM {db}.standing_adoption_rows
WHERE generation = (SELECT max(generation) FROM {db}.generations WHERE stage = 'standings')
