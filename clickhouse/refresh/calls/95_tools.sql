-- when: SELECT count() > 0 FROM {db}.emissions WHERE slot IN ({slots}) AND kind = 'tool'
-- The tools that were run. A run told twice within ten minutes, with one id or by two emitters one inside the other, is one;
-- an id that comes again later is another run. A run that does not say its session belongs to that of the calls of its
-- agent in its trace, else of any call in it, in its ten minutes or those beside them. Which other slots are recomputed
-- with it must not matter.
INSERT INTO {db}.tool_rows
(
    slot, generation, ts, duration_ms, name, tool_call_id, user_id, team, project, service, agent, agent_depth,
    session_id, task_id, status, error_type, emitter, trace_id, span_id, parent_span_id
)
WITH near AS
(
    SELECT arrayJoin([slot - 600, slot, slot + 600]) AS beside, trace_id, agent, session_id, ts
    FROM {db}.call_rows
    WHERE session_id != '' AND trace_id != toFixedString('', 16)
        AND slot IN ({window})
        AND if(slot IN ({slots}), (slot, generation) IN ({written}), {live:slot, generation})
)
SELECT
    t.slot, {generation}, t.ts, t.duration_ns / 1e6, t.name, t.tool_call_id, t.user_id, t.team, t.project, t.service,
    t.agent, t.agent_depth, firstNonDefault(t.session_id, own.session_id, theirs.session_id) AS session_id, t.task_id,
    t.status, t.error_type, t.emitter, t.trace_id, t.span_id, t.parent_span_id
FROM
(
    SELECT
        *,
        tool_names[1] AS name, tool_hashes[1] AS tool_call_id,
        groupArray((ts, addNanoseconds(toDateTime64(ts, 9, 'UTC'), duration_ns), emitter))
            OVER (PARTITION BY trace_id, tool_names[1] ORDER BY ts, duration_ns DESC
                ROWS BETWEEN 4 PRECEDING AND 1 PRECEDING) AS before
    FROM
    (
        -- Of what is told of one run the content first seen last counts. Some servers number their tool calls
        -- (functions.grep:0): an id is what ends in eight letters and digits.
        SELECT
            *,
            tuple(-seniority, content, trace_id, span_id) AS seen,
            max(seen) OVER
                (PARTITION BY if(match(tool_hashes[1], '[0-9A-Za-z]{8,}$'), (tool_hashes[1], ''), (trace_id, span_id))
                ORDER BY toUnixTimestamp64Micro(ts) RANGE BETWEEN 600000000 PRECEDING AND 600000000 FOLLOWING) AS seen_last
        FROM {db}.emissions FINAL
        WHERE slot IN ({window}) AND kind = 'tool'
            AND ts < addHours(fromUnixTimestamp64Micro(-seniority, 'UTC'), 1)
            AND (trace_id, span_id) NOT IN (SELECT trace_id, span_id FROM {db}.misdated WHERE slot IN ({window}))
    )
    WHERE seen = seen_last
) AS t
LEFT JOIN
(
    SELECT beside, trace_id, agent, argMin(session_id, ts) AS session_id FROM near GROUP BY beside, trace_id, agent
) AS own ON own.beside = t.slot AND own.trace_id = t.trace_id AND own.agent = t.agent
LEFT JOIN
(
    SELECT beside, trace_id, argMin(session_id, ts) AS session_id FROM near GROUP BY beside, trace_id
) AS theirs ON theirs.beside = t.slot AND theirs.trace_id = t.trace_id
WHERE t.slot IN ({slots})
    AND NOT arrayExists(b -> b.1 <= t.ts AND b.1 >= t.ts - INTERVAL 10 MINUTE AND b.2 >= addNanoseconds(toDateTime64(t.ts, 9, 'UTC'), t.duration_ns)
        AND b.3 != t.emitter, t.before)
