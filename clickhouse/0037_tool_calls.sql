-- One row per real tool call, whether an answer asked for it, a span says that it was run, or both. What was run stands
-- with its own time and outcome; hash and result are keyed hashes.
CREATE OR REPLACE VIEW {db}.tool_calls {on_cluster} AS
SELECT
    session_id, name, ts, hash, result, was_asked, was_run, error, error_type, duration_ms, user_id, team, agent,
    agent_depth, task_id, call_id, trace_id, span_id
FROM {db}.session_tools
UNION ALL
SELECT
    '', CAST(tool.1, 'String'), addMicroseconds(ts, toInt64(duration_ms * 1000)), tool.2, '', true, false, false, '', NULL,
    user_id, CAST(team, 'String'), CAST(agent, 'String'), agent_depth, task_id, call_id, trace_id, span_id
FROM {db}.priced_calls
ARRAY JOIN arrayZip(tool_names, arrayResize(tool_hashes, length(tool_names))) AS tool
WHERE session_id = ''
UNION ALL
SELECT
    '', CAST(name, 'String'), ts, '', '', false, true, status = 'error', CAST(error_type, 'String'), duration_ms,
    user_id, CAST(team, 'String'), CAST(agent, 'String'), agent_depth, task_id, '', trace_id, span_id
FROM {db}.tool_runs
WHERE session_id = ''
