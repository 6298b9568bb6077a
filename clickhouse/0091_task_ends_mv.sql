-- Fills task_ends.
CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.task_ends_mv {on_cluster}
TO {db}.task_ends
AS SELECT task_id, project, slot, trace_id, span_id, content, seniority, ts, outcome
FROM {db}.emissions
WHERE kind = 'task'
