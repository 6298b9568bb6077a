-- Every task with its outcome and what was used for it: all calls made under its id, by whomever and whenever.
CREATE OR REPLACE VIEW {db}.outcomes_tasks {on_cluster} AS
SELECT
    t.task_id AS task_id, t.user_id AS user_id, t.team AS team, t.project AS project, t.service AS service,
    t.agent AS agent, t.started AS started, t.ended AS ended, t.outcome AS outcome, t.verdict AS verdict,
    t.reason AS reason, t.review_minutes AS review_minutes, t.score AS score,
    u.calls AS calls, u.failed_calls AS failed_calls, u.unpriced_calls AS unpriced_calls, u.human_turns AS human_turns,
    (u.calls - u.human_turns) / nullIf(u.human_turns, 0) AS hidden_steps_per_turn,
    u.input_tokens AS input_tokens, u.output_tokens AS output_tokens, u.gross_tokens AS gross_tokens,
    u.net_tokens AS net_tokens, u.cost_usd AS cost_usd, u.duration_ms AS duration_ms
FROM {db}.tasks AS t
LEFT JOIN
(
    SELECT
        task_id, sum(r.calls) AS calls, sum(r.failed_calls) AS failed_calls, sum(r.unpriced_calls) AS unpriced_calls,
        sum(r.human_turns) AS human_turns, sum(r.input_tokens) AS input_tokens, sum(r.output_tokens) AS output_tokens,
        sum(r.gross_tokens) AS gross_tokens, sum(r.net_tokens) AS net_tokens, sum(r.cost_usd) AS cost_usd,
        sum(r.duration_ms) AS duration_ms
    FROM {db}.task_usage_rows AS r
    WHERE (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'sessions')
    GROUP BY task_id
) AS u ON u.task_id = t.task_id
