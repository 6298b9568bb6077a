-- The tools that were run in the last three hours in those sessions.
CREATE OR REPLACE VIEW {db}.watched_tool_runs {on_cluster} AS
SELECT *
FROM {db}.tool_runs
WHERE slot >= now() - INTERVAL 3 HOUR AND session_id IN (SELECT session_id FROM {db}.watched_sessions)
