-- The board: people over the last 30 days, by net tokens; the unattributed stand last, without a rank. Who chose to be
-- hidden is not on it.
CREATE OR REPLACE VIEW {db}.leaderboard {on_cluster} AS
SELECT
    rank, prev_rank, name AS user_id, display_name, team, gross_tokens, net_tokens, tier, titles, cost_usd, calls,
    sessions, models, cache_read_ratio, tasks_completed, cost_per_completed_task, waste_tokens
FROM {db}.standings
WHERE window_days = 30 AND subject = 'user' AND (isNotNull(rank) OR name = '')
ORDER BY isNull(rank), rank, user_id
