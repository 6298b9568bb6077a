-- Sets aside coding agents' records that come from the future or from before there was such a thing: see misdated. It
-- hangs on emissions: only there has a record its id. What is older than the books begin never comes so far.
CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.misdated_from_agent_logs {on_cluster}
TO {db}.misdated
AS
SELECT slot, trace_id, span_id, 'future' AS reason, ts, service, now() AS seen
FROM {db}.emissions
WHERE ts > now() + INTERVAL 1 HOUR
