-- user.id -> person, of those whose names differ.
CREATE OR REPLACE VIEW {db}.person_of {on_cluster} AS
SELECT value AS alias, argMax(person_id, changed) AS person
FROM {db}.aliases FINAL
GROUP BY value
HAVING person != '' AND person != value
