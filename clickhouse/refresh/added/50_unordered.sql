-- Sessions that only the wire shows go on from call to call: one that came late moves those after it.
INSERT INTO touched
SELECT DISTINCT e.slot
FROM came AS e
INNER JOIN derived AS d ON d.trace_id = e.trace_id AND d.span_id = e.span_id
INNER JOIN
(
    SELECT slot, conversation, max((ts, span_id)) AS last
    FROM {db}.call_rows
    WHERE slot IN ({slots}) AND (slot, generation) IN (SELECT had.1, had.2 FROM (SELECT arrayJoin([{bases}]) AS had))
        AND conversation != 0
    GROUP BY slot, conversation
) AS b ON b.slot = e.slot AND b.conversation = d.key
WHERE (e.ts, e.span_id) < b.last
