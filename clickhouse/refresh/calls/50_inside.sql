-- when: SELECT countIf(id = 0) > 0 AND count() > 1 FROM told
-- Rule 3, the pairs: without an id on at least one side, a span inside another of its trace in time, with compatible
-- model and tokens and equal status, of another emitter (or its child). The parent is preferred, else the innermost.
INSERT INTO inside
SELECT
    trace_id, outside.2, outside.1, outside.15, place, span_id, content
FROM
(
    SELECT
        trace_id, span_id, content, emitter, place,
        arrayFilter(w ->
            w.3 <= t0 AND w.4 >= t1 AND t0 - w.3 <= 600000000
                AND (w.7 = 0 OR id = 0)
                AND w.16 = if(sworn, who, 0)
                AND w.6 = status
                AND (w.8 = family OR w.8 = '' OR family = '')
                AND (startsWith(w.9, model) OR startsWith(model, w.9) OR w.10 = model OR w.9 = request_model)
                AND {same:w.11|i|w.13|cr|w.14|cw}
                AND ifNull(w.12 = o, 1)
                AND (w.5 != emitter OR (w.1 = parent_span_id AND isNotNull(w.11 = i) AND isNotNull(w.12 = o))),
            before) AS around,
        arrayFilter(w -> w.1 = parent_span_id, around) AS parents,
        if(notEmpty(parents), parents[1], around[-1]) AS outside
    FROM
    (
        SELECT
            * REPLACE (
                CAST(emitter, 'String') AS emitter, CAST(status, 'String') AS status, CAST(family, 'String') AS family,
                CAST(model, 'String') AS model, CAST(request_model, 'String') AS request_model),
            groupArray((
                    span_id, place, t0, t1, emitter, status, id, family, model, request_model, i, o, cr, cw, content,
                    if(sworn, who, 0)))
                OVER (PARTITION BY trace_id ORDER BY t0, -t1, place ROWS BETWEEN 16 PRECEDING AND 1 PRECEDING)
                AS before
        FROM told
        WHERE (trace_id, span_id, content) NOT IN (SELECT trace_id, span_id, content FROM merged)
            AND trace_id IN
            (
                SELECT trace_id
                FROM told
                WHERE trace_id != toFixedString('', 16)
                GROUP BY trace_id
                HAVING count() > 1 AND countIf(id = 0) > 0
                    AND (uniqExact(emitter) > 1 OR hasAny(groupUniqArray(parent_span_id), groupUniqArray(span_id)))
            )
    )
)
WHERE notEmpty(around)
ORDER BY place
LIMIT 1 BY trace_id, outside.1, emitter
