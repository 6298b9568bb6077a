-- What is needed to tell which emissions are one call, for the slots and their neighbours.
CREATE TEMPORARY TABLE told AS
SELECT
    slot, trace_id, span_id, parent_span_id, content,
    session_id = '' AND slot IN ({slots}) AS untold,
    -seniority AS seen,
    toUnixTimestamp64Micro(ts) AS t0,
    t0 + toInt64(intDiv(duration_ns, 1000)) AS t1,
    e.emitter AS emitter, e.status AS status, e.model AS model, e.request_model AS request_model,
    extract(provider, '^[^.]*') AS family,
    -- a real id is long and random: after its last dash or underscore, or as a whole (base64url, as Gemini's: it may
    -- hold both anywhere); 0 where there is no such id, as where a server numbers its answers
    if((lengthUTF8(response_id) >= 8 AND NOT multiSearchAny(rightUTF8(response_id, 8), ['-', '_']))
            OR (length(response_id) >= 16 AND match(response_id, '[0-9]') AND match(response_id, '[A-Z].*[A-Z]')
                AND match(response_id, '[a-z]')),
        cityHash64(response_id), 0) AS id,
    -- the provider's id of the request, where another emitter may tell of the same one
    if(lengthUTF8(provider_request_id) >= 8 AND NOT multiSearchAny(rightUTF8(provider_request_id, 8), ['-', '_']),
        cityHash64(provider_request_id), 0) AS request,
    -- coding agents do not always have it, but no two of their calls in a session end at once with the same counts
    if(request = 0 AND session_id != '' AND isNotNull(i)
            AND (e.emitter IN ('codex', 'claude-code', 'gemini-cli', 'cursor', 'tokenboard.history')
                OR startsWith(e.emitter, 'com.anthropic.claude_code')),
        cityHash64(session_id, i, o, cr), 0) AS counts,
    input_tokens AS i, output_tokens AS o, cache_read_tokens AS cr, cache_write_tokens AS cw,
    service,
    -- whose it is, and whether a credential says so (docs/pipeline.md, Identity): nobody's span may take another's call
    if(user_id = '', 0, cityHash64(user_id)) AS who,
    CAST(user_source = 'credential', 'UInt8') AS sworn,
    -- whose counts to believe: read off the wire by us; told by the SDK itself or the official instrumentations; others'
    multiIf(
        e.emitter = 'tokenboard', 0,
        startsWith(e.emitter, 'com.anthropic.') OR startsWith(e.emitter, 'opentelemetry.instrumentation.genai.'), 1,
        2) AS doubt,
    -- best first: who knows the usage, of those who is to be believed, then who knows most
    tuple(
        isNull(i) AND isNull(o),
        doubt,
        -(4 * isNotNull(cr) + 2 * isNotNull(ttft_ms) + (user_id != '') + (session_id != '' OR conversation != '')),
        t0, span_id) AS place
FROM {db}.emissions AS e FINAL
WHERE slot IN ({window}) AND kind = 'call'
    AND e.ts < addHours(fromUnixTimestamp64Micro(-e.seniority, 'UTC'), 1)
    AND (trace_id, span_id) NOT IN (SELECT trace_id, span_id FROM {db}.misdated WHERE slot IN ({window}))
