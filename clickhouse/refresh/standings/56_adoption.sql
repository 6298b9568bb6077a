-- Stage standings: the share of teams' people who were active, for the weeks that the last thirty days touch.
INSERT INTO {db}.standing_adoption_rows (generation, week, team, people, active)
SELECT {generation}, week, team, people, active
FROM {db}.adoption
WHERE week >= toStartOfWeek(toDate(now(), 'UTC') - 30, 1)
