-- The loops in the watched sessions, a row each: what tokenboard.loops.findings answers for the same steps, by the same
-- words (rule, count), under the person's own id. first_ts and last_ts are the times of the loop's first and last step.
CREATE OR REPLACE VIEW {db}.watched_loops {on_cluster} AS
SELECT l.* REPLACE (if(p.person = '', l.user_id, p.person) AS user_id)
FROM
(
    SELECT
        session_id, agent, max(user_id) AS user_id, mark.1 AS rule, max(mark.5) AS count,
        min(mark.4) AS first_ts, max(ts) AS last_ts, argMax(name, seq) AS tool
    FROM {db}.watched_marks
    -- (rule, which of its kind, what tells this loop from another, its first step's time, count)
    ARRAY JOIN arrayFilter(m -> m.5 >= if(m.1 = 'same_call', 3, 5), [
        ('same_call', 1, same_first.1, same_first.2, same_count),
        ('cycle', 2, cycle2_first.1, cycle2_first.2, cycle2_count),
        ('cycle', 3, cycle3_first.1, cycle3_first.2, cycle3_count),
        ('cycle', 4, cycle4_first.1, cycle4_first.2, cycle4_count),
        ('cycle', 5, cycle5_first.1, cycle5_first.2, cycle5_count),
        ('window', sig, window_group, window_first.2, toInt64(window_count)),
        ('error_streak', 1, error_first.1, error_first.2, error_count)
    ]) AS mark
    GROUP BY session_id, agent, turn, own_turn, mark.1, mark.2, mark.3
) AS l
LEFT JOIN {db}.person_of AS p ON p.alias = l.user_id
