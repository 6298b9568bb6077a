-- session_steps, of those alone.
CREATE OR REPLACE VIEW {db}.watched_steps {on_cluster} AS
{like:0036_session_steps.sql priced_calls=watched_calls session_tools=watched_tools}
