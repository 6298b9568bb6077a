-- when: SELECT count() > 0 FROM told WHERE untold
-- Sessions that only the wire shows: a conversation of one user and agent, begun anew when the message list shrinks or
-- after two idle hours. known is the session's name where it is known without looking further back.
INSERT INTO derived
SELECT trace_id, span_id, key, session_id
FROM
(
    SELECT
        trace_id, span_id, key, is_fresh,
        last_value(known) OVER (PARTITION BY key ORDER BY ts, span_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session_id
    FROM
    (
        SELECT
            key, ts, trace_id, span_id, is_fresh,
            multiIf(
                NOT is_fresh, toNullable(told_session),
                dateDiff('second', any(ts) OVER before, ts) > 7200
                    OR ifNull(messages < any(messages) OVER before, 0),
                    concat('wire-', lower(hex(sipHash64(key, ts, trace_id, span_id)))),
                NULL) AS known
        FROM
        (
            SELECT
                cityHash64(
                    firstNonDefault(e.conversation, x.conversation),
                    firstNonDefault(e.user_id, x.user_id),
                    firstNonDefault(e.agent, x.agent)) AS key,
                e.ts AS ts,
                coalesce(e.request_messages, x.request_messages) AS messages,
                e.trace_id AS trace_id,
                e.span_id AS span_id,
                '' AS told_session,
                true AS is_fresh
            FROM {emissions}
            LEFT JOIN extras AS x ON x.trace_id = e.trace_id AND x.span_id = e.span_id
            WHERE e.slot IN ({slots}) AND e.kind = 'call'
                AND e.ts < addHours(fromUnixTimestamp64Micro(-e.seniority, 'UTC'), 1)
                AND (e.trace_id, e.span_id) NOT IN (SELECT trace_id, span_id FROM {db}.misdated WHERE slot IN ({slots}))
                AND (e.trace_id, e.span_id, e.content) NOT IN (SELECT trace_id, span_id, content FROM merged)
                AND {added} AND e.session_id = '' AND x.session_id = ''
                AND (e.conversation != '' OR x.conversation != '')
            UNION ALL
            SELECT conversation, last.1, last.3, toFixedString('', 16), last.2, last.4, false
            FROM
            (
                SELECT slot, conversation, max((ts, span_id, request_messages, session_id)) AS last
                FROM {db}.call_rows
                WHERE conversation != 0
                    AND ((slot IN ({carry}) AND {live:slot, generation})
                        OR (slot IN ({slots}) AND (slot, generation) IN ({base_pairs})))
                GROUP BY slot, conversation
            )
        )
        WINDOW before AS (PARTITION BY key ORDER BY ts, span_id ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING)
    )
)
WHERE is_fresh
