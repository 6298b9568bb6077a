-- Rule 1: of one span's contents, the one that was first seen last counts; of those that a credential stands for, only
-- those of whoever told of the span first.
INSERT INTO merged
SELECT trace_id, span_id, content, toFixedString('', 16), toFixedString('', 8)
FROM
(
    SELECT
        trace_id, span_id,
        argMin(if(sworn, who, 0), seen) AS owner,
        arraySlice(arrayReverseSort(arrayMap(
            t -> (t.3 = owner, t.1, t.2), groupArray((seen, content, if(sworn, who, 0))))), 2) AS stale
    FROM told
    WHERE (trace_id, span_id) IN (SELECT trace_id, span_id FROM told GROUP BY trace_id, span_id HAVING count() > 1)
    GROUP BY trace_id, span_id
)
ARRAY JOIN stale.3 AS content
