-- One row per session. The user, team and service of a session are those of most of its tokens.
CREATE OR REPLACE VIEW {db}.sessions {on_cluster} AS
SELECT
    session_id,
    argMax(h.user_id, (h.gross_tokens, h.user_id)) AS user_id,
    argMax(h.team, (h.gross_tokens, h.team)) AS team,
    argMax(h.project, (h.gross_tokens, h.project)) AS project,
    argMax(h.service, (h.gross_tokens, h.service)) AS service,
    arraySort(groupUniqArrayArray(h.agents)) AS agents,
    arraySort(groupUniqArrayArray(h.models)) AS models,
    arraySort(groupUniqArrayArray(h.tasks)) AS tasks,
    min(h.first_ts) AS started,
    max(h.last_ts) AS ended,
    max(h.last_human_ts) AS last_human_ts,
    sum(h.calls) AS calls,
    sum(h.failed_calls) AS failed_calls,
    sum(h.unknown_calls) AS unknown_calls,
    sum(h.unpriced_calls) AS unpriced_calls,
    sum(h.human_turns) AS human_turns,
    sum(h.tool_calls) AS tool_calls,
    sum(h.gross_tokens) AS gross_tokens,
    sum(h.net_tokens) AS net_tokens,
    sum(h.cost_usd) AS cost_usd,
    argMin(h.first_input, h.first_ts) AS first_input,
    max(h.largest_input) AS largest_input,
    sum(h.input_tokens) AS input_tokens,
    sum(h.output_tokens) AS output_tokens,
    max(h.agent_depth) AS agent_depth
FROM {db}.session_hours AS h
GROUP BY session_id
