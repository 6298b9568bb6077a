-- when: SELECT count() > 0 FROM merged
-- What was told and is no call of its own: so that the next time only what is new must be looked at.
INSERT INTO {db}.yielded_rows (slot, generation, trace_id, span_id, content)
SELECT slot, {generation}, trace_id, span_id, content
FROM {emissions}
WHERE e.slot IN ({slots}) AND e.kind = 'call' AND {added}
    AND (e.trace_id, e.span_id, e.content) IN (SELECT trace_id, span_id, content FROM merged)
