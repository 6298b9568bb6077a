-- What the rules look at, for some hours: {slots} are theirs and those of the hour before. Of all calls those that one of
-- them may take.
-- request is the same for equal requests of one user to one model; 0 where nobody told what was asked.
-- thread is one agent in one session; 0 where there is none. asks is the same for equal sets of tools with equal
-- arguments; 0 where none was asked for. person is whether a human drove the call: an agent below others is spoken to by
-- the one above it.
CREATE TEMPORARY TABLE told AS
SELECT
    toStartOfHour(slot) AS hour, ts, trace_id, span_id, status, attempt, user_id, session_id, provider, model,
    toUInt64(ifNull(input_tokens, 0)) + ifNull(output_tokens, 0) AS tokens, cost_usd, quarantined, usage_known,
    CAST(trigger, 'String') AS trigger, trigger = 'user' AND agent_depth <= 1 AS person,
    if(prompt_hash = '', 0, cityHash64(user_id, service, provider, model, prompt_hash)) AS request,
    if(session_id = '', 0, cityHash64(session_id, agent)) AS thread,
    if(empty(tool_hashes), 0, cityHash64(tool_names, tool_hashes)) AS asks
FROM {db}.call_rows
WHERE slot IN ({slots})
    AND {live:slot, generation}
    AND (status = 'error' OR quarantined OR session_id IN (SELECT session_id FROM loopers)
        OR session_id IN (SELECT session_id FROM old) OR request IN (SELECT request FROM requests))
