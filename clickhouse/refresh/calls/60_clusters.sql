-- when: SELECT count() > 0 FROM inside
-- Rule 3, the outcome: a span inside a span inside a span is one call; follow each pair to the outermost.
INSERT INTO merged
SELECT trace_id, yields.2, yields.3, trace_id, sorted[1].2
FROM
(
    SELECT trace_id, root, arraySort(groupUniqArray(member)) AS sorted
    FROM
    (
        SELECT
            a.trace_id AS trace_id,
            multiIf(c.found = 1, c.outer_span, b.found = 1, b.outer_span, a.outer_span) AS root,
            [(a.outer_place, a.outer_span, a.outer_content), (a.inner_place, a.inner_span, a.inner_content)] AS pair
        FROM inside AS a
        LEFT JOIN (SELECT *, 1 AS found FROM inside) AS b
            ON b.trace_id = a.trace_id AND b.inner_span = a.outer_span
        LEFT JOIN (SELECT *, 1 AS found FROM inside) AS c
            ON c.trace_id = b.trace_id AND c.inner_span = b.outer_span
    )
    ARRAY JOIN pair AS member
    GROUP BY trace_id, root
)
ARRAY JOIN arraySlice(sorted, 2) AS yields
