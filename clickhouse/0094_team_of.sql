-- The team that the table people gives to a user, under any of their names. Whoever is not here has the team of the call.
CREATE OR REPLACE VIEW {db}.team_of {on_cluster} AS
SELECT person_id AS user_id, team FROM {db}.people FINAL WHERE team != ''
UNION ALL
SELECT a.alias, p.team
FROM {db}.person_of AS a
INNER JOIN (SELECT person_id, team FROM {db}.people FINAL WHERE team != '') AS p ON p.person_id = a.person
