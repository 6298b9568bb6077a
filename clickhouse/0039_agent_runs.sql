-- One row per run of an agent (an invoke_agent span).
CREATE OR REPLACE VIEW {db}.agent_runs {on_cluster} AS
SELECT
    ts, addMicroseconds(ts, intDiv(duration_ns, 1000)) AS ended, agent, agent_depth, user_id, team, project, service,
    session_id, task_id, status, error_type, emitter,
    lower(hex(e.trace_id)) AS trace_id,
    lower(hex(e.span_id)) AS span_id,
    if(e.parent_span_id = toFixedString('', 8), '', lower(hex(e.parent_span_id))) AS parent_span_id
FROM
(
    SELECT * FROM {db}.emissions FINAL WHERE kind = 'agent' ORDER BY seniority, content DESC LIMIT 1 BY trace_id, span_id
) AS e
