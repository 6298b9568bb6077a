-- Of one slot: what is {known}, or is not, in the calls of some generations of it. One more than {limit} is too much to add.
INSERT INTO fresh
SELECT
    slot, trace_id, span_id, content, any(e.response_id), any(e.provider_request_id),
    any(if({include:refresh/by_agent.sql}, e.session_id, ''))
FROM {db}.emissions AS e
PREWHERE slot = {slot} AND kind = 'call' AND (trace_id, span_id, content) {known}
(
    SELECT trace_id, span_id, content FROM {db}.call_rows WHERE slot = {slot} AND generation IN ({generations})
    UNION ALL
    SELECT trace_id, span_id, content FROM {db}.yielded_rows WHERE slot = {slot} AND generation IN ({generations})
)
GROUP BY slot, trace_id, span_id, content
LIMIT {limit} + 1
