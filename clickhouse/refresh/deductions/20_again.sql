-- Requests that had already succeeded within the hour before, with the call they repeat.
CREATE TEMPORARY TABLE again AS
SELECT trace_id, span_id, earlier.2 AS earlier_trace, earlier.3 AS earlier_span
FROM
(
    SELECT
        hour, ts, trace_id, span_id,
        max(if(status = 'ok', (ts, trace_id, span_id),
            (toDateTime64(0, 6, 'UTC'), toFixedString('', 16), toFixedString('', 8)))) OVER
            (PARTITION BY request ORDER BY ts, trace_id, span_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            AS earlier
    FROM told
    WHERE request IN (SELECT request FROM told WHERE request != 0 GROUP BY request HAVING count() > 1)
)
WHERE hour IN ({units}) AND dateDiff('second', earlier.1, ts) <= 3600
