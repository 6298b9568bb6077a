-- What is needed to tell which emissions are one call, for the slots and their neighbours.
CREATE TEMPORARY TABLE told AS
SELECT
    slot, trace_id, span_id, parent_span_id, content,
    session_id = '' AND slot IN ({slots}) AS untold,
    -seniority AS seen,
    toUnixTimestamp64Micro(ts) AS t0,
    t0 + toInt64(intDiv(duration_ns, 1000)) AS t1,
    CAST(e.emitter, 'String') AS emitter, CAST(e.status, 'String') AS status,
    CAST(e.model, 'String') AS model, CAST(e.request_model, 'String') AS request_model,
    splitByChar('.', CAST(provider, 'String'))[1] AS family,
    -- what follows the last dash or underscore of a real id is long and random; 0 where there is no such id
    if(match(response_id, '[^-_]{8,}$'), cityHash64(response_id), 0) AS id,
    input_tokens AS i, output_tokens AS o, cache_read_tokens AS cr, cache_write_tokens AS cw,
    -- best first: whose counts say most, then whose times are those of the wire
    tuple(
        -(4 * (isNotNull(i) OR isNotNull(o)) + 2 * isNotNull(cr) + isNotNull(ttft_ms)),
        CAST(e.emitter, 'String') != 'tokenboard',
        -((user_id != '') + (session_id != '' OR conversation != '')), t0, span_id) AS place
FROM {db}.emissions AS e FINAL
WHERE slot IN ({window}) AND kind = 'call'
    AND (trace_id, span_id) NOT IN (SELECT trace_id, span_id FROM {db}.misdated WHERE slot IN ({window}))
