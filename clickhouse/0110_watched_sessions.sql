-- Sessions that were at work in the last quarter of an hour and may be looping: in the last three hours something there
-- was asked for again and again, or tools failed five times; no rule of tokenboard.loops speaks of less. The time range
-- keeps the price of alerts independent of how much is on the books. Superseded generations are looked at too: they can
-- only make the list longer.
CREATE OR REPLACE VIEW {db}.watched_sessions {on_cluster} AS
SELECT session_id
FROM {db}.call_rows
WHERE slot >= now() - INTERVAL 3 HOUR AND session_id != ''
GROUP BY session_id
HAVING max(addMicroseconds(ts, toInt64(duration_ms * 1000))) >= now() - INTERVAL 15 MINUTE
    AND (
        sum(length(tool_names)) >= 2 + uniqExactArray(
            arrayMap((n, h) -> cityHash64(n, h), tool_names, arrayResize(tool_hashes, length(tool_names))))
        OR session_id IN
        (
            SELECT session_id
            FROM {db}.tool_rows
            WHERE slot >= now() - INTERVAL 3 HOUR AND status = 'error'
            GROUP BY session_id
            HAVING count() >= 5
        ))
