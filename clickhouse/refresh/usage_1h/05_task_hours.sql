-- when: SELECT count() > 0 FROM {db}.emissions WHERE slot IN ({slots}) AND kind = 'task'
-- Of the tasks told of in these hours, those of which an outcome was said in other hours too.
INSERT INTO {db}.task_hours (hour, project, task_id, last_hour, generation)
SELECT arrayJoin(hours) AS hour, project, task_id, last_hour, {generation}
FROM
(
    SELECT
        project, task_id, groupUniqArray(toStartOfHour(slot)) AS hours,
        toStartOfHour(argMax(slot, (ts, span_id))) AS last_hour
    FROM
    (
        -- of a span sent again with other content, the content first seen last counts
        SELECT *
        FROM {db}.task_ends FINAL
        WHERE (task_id, project) IN
        (
            SELECT task_id, project FROM {db}.emissions WHERE slot IN ({slots}) AND kind = 'task'
        )
        ORDER BY seniority, content DESC
        LIMIT 1 BY trace_id, span_id
    )
    WHERE outcome != ''
    GROUP BY project, task_id
    HAVING length(hours) > 1
)
