-- user.id -> person, of those whose names differ. A name that moves to another person under another kind is taken away and
-- given at the same moment: what was given holds.
CREATE OR REPLACE VIEW {db}.person_of {on_cluster} AS
SELECT value AS alias, argMax(person_id, (changed, person_id != '')) AS person
FROM {db}.aliases FINAL
GROUP BY value
HAVING person != '' AND person != value
