-- Whether anything waits to be recomputed, and when everything was last up to date.
CREATE OR REPLACE VIEW {db}.books_state {on_cluster} AS
SELECT pending.pending AS waiting, done.settled AS settled
FROM {db}.pending AS pending
CROSS JOIN
(
    SELECT max(snowflakeIDToDateTime(generation)) AS settled FROM {db}.generations WHERE stage = 'all'
) AS done
