-- session_tools, of those calls and runs alone: a condition on a view with windows does not reach the tables below it.
CREATE OR REPLACE VIEW {db}.watched_tools {on_cluster} AS
{like:0035_session_tools.sql priced_calls=watched_calls tool_runs=watched_tool_runs}
