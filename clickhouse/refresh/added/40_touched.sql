-- The slots in which something told before may be changed by what is fresh, by the rules of refresh/calls: one span (1), a
-- shared id (2), a trace in which spans may stand inside each other (3), a span that may have strayed (4). Likewise where a
-- span's time turned out to be wrong, or rows of calls are gone (a person was erased).
CREATE TEMPORARY TABLE touched AS
WITH marked AS
(
    SELECT *, (trace_id, span_id, content) IN (SELECT trace_id, span_id, content FROM fresh) AS is_fresh
    FROM told
)
SELECT DISTINCT arrayJoin(slots) AS slot
FROM
(
    SELECT groupUniqArray(slot) AS slots
    FROM marked
    GROUP BY trace_id, span_id
    HAVING max(is_fresh) AND NOT min(is_fresh)
    UNION ALL
    SELECT groupUniqArray(slot)
    FROM marked
    ARRAY JOIN arrayFilter(one -> one.2 != 0, [(1, id), (2, request), (3, counts)]) AS ids
    GROUP BY ids
    HAVING max(is_fresh) AND NOT min(is_fresh)
    UNION ALL
    SELECT groupUniqArray(slot)
    FROM marked
    WHERE trace_id != toFixedString('', 16)
    GROUP BY trace_id
    HAVING max(is_fresh) AND NOT min(is_fresh) AND countIf(id = 0) > 0
        AND (uniqExact(emitter) > 1 OR hasAny(groupUniqArray(parent_span_id), groupUniqArray(span_id)))
    UNION ALL
    SELECT groupUniqArray(slot)
    FROM {db}.emissions AS e
    WHERE slot IN ({window}) AND kind = 'call' AND {include:refresh/doubt.sql} = 2
        AND parent_span_id = toFixedString('', 8) AND isNotNull(input_tokens) AND isNotNull(output_tokens)
        AND {include:refresh/response_id.sql} = 0
    UNION ALL
    SELECT groupUniqArray(slot)
    FROM {db}.emissions
    WHERE slot IN ({window}) AND kind = 'call'
        AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM {db}.misdated WHERE slot IN ({window}))
    UNION ALL
    SELECT groupArray(had.1)
    FROM
    (
        SELECT arrayJoin([{bases}]) AS had
        WHERE had NOT IN
        (
            SELECT (slot, generation, count())
            FROM {db}.call_rows
            WHERE slot IN ({slots}) AND (slot, generation) IN (SELECT had.1, had.2 FROM (SELECT arrayJoin([{bases}]) AS had))
            GROUP BY slot, generation
        )
    )
)
