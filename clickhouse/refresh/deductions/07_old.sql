-- Sessions that were at work four hours before some of these hours ended, with the human turns in them.
CREATE TEMPORARY TABLE old AS
SELECT session_id, min(first_ts) AS began, groupArrayIf((first_human, last_human), isNotNull(first_human)) AS turns
FROM {db}.turn_rows
WHERE hour IN ({before}) AND (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'turns')
GROUP BY session_id
HAVING began <= arrayMax([{units}]) - INTERVAL 3 HOUR
