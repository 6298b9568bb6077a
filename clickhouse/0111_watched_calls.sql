-- The calls of the last three hours in those sessions.
CREATE OR REPLACE VIEW {db}.watched_calls {on_cluster} AS
SELECT *
FROM {db}.priced_calls
WHERE slot >= now() - INTERVAL 3 HOUR AND session_id IN (SELECT session_id FROM {db}.watched_sessions)
