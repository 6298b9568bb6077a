-- What is fresh, and everything around it that might be one call with some of it. As of emissions FINAL.
CREATE TEMPORARY TABLE came AS
SELECT *
FROM {db}.emissions
PREWHERE slot IN ({window}) AND kind = 'call'
    AND ((trace_id != toFixedString('', 16) AND trace_id IN (SELECT trace_id FROM fresh))
        OR (trace_id, span_id, content) IN (SELECT trace_id, span_id, content FROM fresh)
        OR (response_id != '' AND response_id IN (SELECT response_id FROM fresh))
        OR (provider_request_id != '' AND provider_request_id IN (SELECT provider_request_id FROM fresh))
        OR (session_id != '' AND session_id IN (SELECT session_id FROM fresh)))
ORDER BY seniority DESC
LIMIT 1 BY slot, trace_id, span_id, content
