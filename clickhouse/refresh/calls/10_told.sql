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
    {include:refresh/response_id.sql} AS id,
    -- the provider's id of the request, where another emitter may tell of the same one
    if(lengthUTF8(provider_request_id) >= 8 AND NOT multiSearchAny(rightUTF8(provider_request_id, 8), ['-', '_']),
        cityHash64(provider_request_id), 0) AS request,
    -- coding agents do not always have it, but no two of their calls in a session end at once with the same counts
    if(request = 0 AND session_id != '' AND isNotNull(i)
            AND {include:refresh/by_agent.sql},
        cityHash64(session_id, i, o, cr), 0) AS counts,
    input_tokens AS i, output_tokens AS o, cache_read_tokens AS cr, cache_write_tokens AS cw,
    service,
    -- whose it is, and whether a credential says so (docs/pipeline.md, Identity): nobody's span may take another's call
    if(user_id = '', 0, cityHash64(user_id)) AS who,
    CAST(user_source = 'credential', 'UInt8') AS sworn,
    {include:refresh/doubt.sql} AS doubt,
    -- best first: who knows the usage, of those who is to be believed, then who knows most
    tuple(
        isNull(i) AND isNull(o),
        doubt,
        -(4 * isNotNull(cr) + 2 * isNotNull(ttft_ms) + (user_id != '') + (session_id != '' OR conversation != '')),
        t0, span_id) AS place
FROM {emissions}
WHERE slot IN ({window}) AND kind = 'call'
    AND e.ts < addHours(fromUnixTimestamp64Micro(-e.seniority, 'UTC'), 1)
    AND (trace_id, span_id) NOT IN (SELECT trace_id, span_id FROM {db}.misdated WHERE slot IN ({window}))
