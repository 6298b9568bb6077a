-- How each session's context grew and how many steps stood behind a human turn.
CREATE OR REPLACE VIEW {db}.outcomes_sessions {on_cluster} AS
SELECT
    session_id, user_id, team, project, service, agents, models, started, ended, calls, human_turns,
    (calls - human_turns) / nullIf(human_turns, 0) AS hidden_steps_per_turn,
    failed_calls / nullIf(calls, 0) AS failure_rate,
    input_tokens, output_tokens,
    input_tokens / nullIf(output_tokens, 0) AS input_per_output,
    first_input, largest_input,
    (toInt64(largest_input) - toInt64(first_input)) / nullIf(calls - 1, 0) AS input_growth_per_call,
    gross_tokens, net_tokens, cost_usd
FROM {db}.sessions
