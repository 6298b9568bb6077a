-- when: SELECT count() > 0 FROM (SELECT 1 FROM told WHERE thread != 0 AND asks != 0 GROUP BY thread, asks HAVING count() > 3)
-- Answers that ask for the same tools with the same arguments again: the fourth in a row and every further one, and what
-- follows once a cycle of two to five has gone round five times. A human turn begins anew for every agent of the session,
-- an instruction to an agent below others for that agent alone. These are the rules same_call
-- (critical) and cycle of tokenboard.loops, said of whole answers, and only from when they speak: nothing that was
-- counted is taken back later.
INSERT INTO looping
SELECT trace_id, span_id
FROM
(
    SELECT
        hour, trace_id, span_id,
        groupArray(asks) OVER
            (PARTITION BY thread, turn, own_turn ORDER BY ts, span_id ROWS BETWEEN 24 PRECEDING AND CURRENT ROW) AS a,
        length(a) AS n
    FROM
    (
        SELECT
            *,
            countIf(person AND attempt <= 1) OVER
                (PARTITION BY session_id ORDER BY ts, span_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS turn,
            countIf(trigger = 'user' AND attempt <= 1) OVER
                (PARTITION BY thread ORDER BY ts, span_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS own_turn
        FROM told
        WHERE session_id IN
        (
            SELECT session_id FROM told WHERE thread != 0 AND asks != 0 GROUP BY session_id, thread, asks HAVING count() > 3
        )
    )
    WHERE asks != 0
)
WHERE hour IN ({units}) AND (
    (n >= 4 AND a[n] = a[n - 1] AND a[n] = a[n - 2] AND a[n] = a[n - 3])
    OR arrayExists(k -> n >= 5 * k
        AND arraySlice(a, n - 5 * k + 1, 4 * k) = arraySlice(a, n - 4 * k + 1, 4 * k), [2, 3, 4, 5]))
