-- Rule 2: an equal response id with compatible provider and model, at most ten minutes apart, and either compatible
-- tokens or one span inside the other in time, of one service and different emitters (some miscount streams, and some lose
-- the trace). Likewise an equal id of the request, or equal counts in one session of a coding agent at the same end, told by
-- different emitters that do not name different responses. Each yields to the best such one, whether that one yields itself
-- or not: so the outcome does not depend on what else is looked at. Where a credential stands for one of them, only those of
-- the same person do; those of nobody belong to whoever was first.
INSERT INTO merged
SELECT e.2, e.1.5, e.3, better[1].2, better[1].1.5
FROM
(
    SELECT
        e,
        arrayFilter(w ->
            abs(w.1.4 - e.1.4) <= 600000000
                AND (owner = 0 OR if(w.15 = 0, owner, w.15) = if(e.15 = 0, owner, e.15))
                AND (w.4 = e.4 OR w.4 = '' OR e.4 = '')
                AND (startsWith(w.5, e.5) OR startsWith(e.5, w.5) OR w.6 = e.5 OR e.6 = w.5)
                AND (by != 3 OR abs(w.12 - e.12) <= 5000000)
                AND (by = 1 OR (w.11 != e.11 AND (w.14 = e.14 OR w.14 = 0 OR e.14 = 0)))
                AND (({same:w.7|e.7|w.9|e.9|w.10|e.10} AND ifNull(w.8 = e.8, 1))
                    OR (w.13 = e.13 AND w.11 != e.11
                        AND ((w.1.4 <= e.1.4 AND w.12 >= e.12) OR (e.1.4 <= w.1.4 AND e.12 >= w.12)))),
            arraySlice(g, 1, n - 1)) AS better
    FROM
    (
        -- by: 1 the response's id, 2 the request's, 3 counts;
        -- bounded: a test double that answers with one id for ever must not cost a square of its calls
        SELECT
            ids.1 AS by,
            groupArraySorted(256)((
                place, trace_id, content, CAST(family, 'String'), CAST(model, 'String'), CAST(request_model, 'String'),
                i, o, cr, cw, CAST(emitter, 'String'), t1, CAST(service, 'String'), id, who)) AS g,
            argMinIf(who, seen, sworn) AS owner
        FROM told
        ARRAY JOIN arrayFilter(one -> one.2 != 0, [(1, id), (2, request), (3, counts)]) AS ids
        WHERE ids IN
            (
                SELECT ids
                FROM told
                ARRAY JOIN arrayFilter(one -> one.2 != 0, [(1, id), (2, request), (3, counts)]) AS ids
                GROUP BY ids
                HAVING count() > 1 AND (ids.1 = 1 OR min(emitter) != max(emitter))
            )
            AND (trace_id, span_id, content) NOT IN (SELECT trace_id, span_id, content FROM merged)
        GROUP BY ids
        HAVING count() > 1
    )
    ARRAY JOIN g AS e, arrayEnumerate(g) AS n
)
WHERE notEmpty(better)
ORDER BY better[1].1
LIMIT 1 BY e.2, e.1.5, e.3
