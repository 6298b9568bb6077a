-- Rule 1: of one span's contents, the one that was first seen last counts.
INSERT INTO merged
SELECT trace_id, span_id, content, toFixedString('', 16), toFixedString('', 8)
FROM
(
    SELECT trace_id, span_id, arraySlice(arrayReverseSort(groupArray((seen, content))), 2) AS stale
    FROM told
    GROUP BY trace_id, span_id
    HAVING count() > 1
)
ARRAY JOIN stale.2 AS content
