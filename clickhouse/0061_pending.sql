-- Whether anything may be out of date: one small query for when nothing is. The first number in the hash is the version of
-- the stages: another one brings books up to date that were complete by fewer of them.
CREATE OR REPLACE VIEW {db}.pending {on_cluster} AS
SELECT now_inputs.inputs AS inputs, done.inputs != now_inputs.inputs AS pending
FROM
(
    SELECT
        cityHash64(3, toStartOfHour(now('UTC')), aliases, board, (SELECT sum(marks) FROM {db}.dirty_slots)) AS inputs
    FROM {db}.reference_state
) AS now_inputs
LEFT JOIN (SELECT inputs, 1 AS one FROM {db}.current WHERE stage = 'all') AS done ON done.one = 1
