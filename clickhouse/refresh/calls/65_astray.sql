-- when: SELECT countIf(doubt = 2 AND id = 0) > 0 AND countIf(doubt < 2) > 0 FROM told
-- Rule 4: a span without an id that strayed into a trace of its own (callbacks lose their context) around one of ours (or of
-- the SDK's own) in the same service, with the same model and exactly the same known tokens: the nearest, each only once.
-- Such spans may end in another order than they began, but at about the same time.
-- Callbacks of LangChain get no input count for some streams and say 0 (OpenLLMetry).
INSERT INTO merged
SELECT trace_id, span_id, content, our_trace, our_span
FROM
(
    SELECT
        t.trace_id AS trace_id, t.span_id AS span_id, t.content AS content,
        o.trace_id AS our_trace, o.span_id AS our_span, o.at - t.at AS apart
    FROM
    (
        SELECT
            * REPLACE (
                CAST(service, 'String') AS service, CAST(status, 'String') AS status, CAST(model, 'String') AS model,
                CAST(request_model, 'String') AS request_model),
            t0 AS at, assumeNotNull(i) AS inputs, assumeNotNull(o) AS outputs
        FROM told
        WHERE doubt = 2 AND id = 0 AND parent_span_id = toFixedString('', 8)
            AND isNotNull(i) AND isNotNull(o) AND (i != 0 OR endsWith(emitter, '.langchain'))
            AND (trace_id, span_id, content) NOT IN (SELECT trace_id, span_id, content FROM merged)
    ) AS t
    -- the nearest after it: a join on equal counts alone would be a square of a service's one-token answers
    ASOF INNER JOIN
    (
        SELECT
            * REPLACE (
                CAST(service, 'String') AS service, CAST(status, 'String') AS status, CAST(model, 'String') AS model,
                CAST(request_model, 'String') AS request_model),
            t0 AS at, arrayJoin(arrayDistinct([assumeNotNull(i), 0])) AS inputs, assumeNotNull(o) AS outputs
        FROM told
        WHERE (doubt = 0 OR (doubt = 1 AND id != 0)) AND isNotNull(i) AND isNotNull(o)
            AND (trace_id, span_id, content) NOT IN (SELECT trace_id, span_id, content FROM merged)
    ) AS o ON o.service = t.service AND o.inputs = t.inputs AND o.outputs = t.outputs AND o.at >= t.at
    WHERE o.trace_id != t.trace_id AND t.t1 + 100000 >= o.t1 AND o.at - t.at <= 600000000
        AND o.status = t.status AND if(o.sworn, o.who, 0) = if(t.sworn, t.who, 0)
        AND (startsWith(o.model, t.model) OR startsWith(t.model, o.model) OR o.request_model = t.model)
)
ORDER BY apart, span_id
LIMIT 1 BY our_trace, our_span
