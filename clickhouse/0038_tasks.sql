-- One row per task: the outcome said last holds. verdict sorts outcomes into done, failed and '' (nothing said yet).
CREATE OR REPLACE VIEW {db}.tasks {on_cluster} AS
SELECT
    task_id, argMin(e.user_id, e.ts) AS user_id, argMin(e.team, e.ts) AS team, argMin(e.project, e.ts) AS project,
    argMin(e.service, e.ts) AS service, argMin(e.agent, e.ts) AS agent,
    min(e.ts) AS started, max(addMicroseconds(e.ts, intDiv(e.duration_ns, 1000))) AS ended,
    argMaxIf(e.outcome, (e.ts, e.span_id), e.outcome != '') AS outcome,
    {verdict:outcome} AS verdict,
    argMaxIf(e.reason, (e.ts, e.span_id), e.outcome != '') AS reason,
    sum(e.review_minutes) AS review_minutes,
    argMaxIf(e.score, (e.ts, e.span_id), isNotNull(e.score)) AS score,
    arraySort(groupUniqArrayIf(e.session_id, e.session_id != '')) AS sessions,
    count() AS spans
FROM
(
    -- of a span sent again with other content, the content first seen last counts
    SELECT * FROM {db}.emissions FINAL WHERE kind = 'task' ORDER BY seniority, content DESC LIMIT 1 BY trace_id, span_id
) AS e
GROUP BY task_id
