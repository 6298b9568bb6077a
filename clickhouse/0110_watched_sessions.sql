-- Sessions that were at work in the last quarter of an hour and may be looping: in the last three hours some tool call
-- was asked for three times, or tools failed five times; no rule of tokenboard.loops speaks of less. The time range
-- keeps the price of alerts independent of how much is on the books. Superseded generations are looked at too: they can
-- only make the list longer.
CREATE OR REPLACE VIEW {db}.watched_sessions {on_cluster} AS
SELECT session_id
FROM {db}.call_rows
WHERE slot >= now() - INTERVAL 40 MINUTE AND session_id != ''
    AND addMicroseconds(ts, toInt64(duration_ms * 1000)) >= now() - INTERVAL 15 MINUTE
    AND session_id IN
    (
        SELECT session_id
        FROM {db}.call_rows
        ARRAY JOIN arrayMap((n, h) -> cityHash64(n, h), tool_names, arrayResize(tool_hashes, length(tool_names))) AS asked
        WHERE slot >= now() - INTERVAL 3 HOUR AND session_id != ''
        GROUP BY session_id, asked
        HAVING count() >= 3
        UNION DISTINCT
        SELECT session_id
        FROM {db}.tool_rows
        WHERE slot >= now() - INTERVAL 3 HOUR AND status = 'error'
        GROUP BY session_id
        HAVING count() >= 5
    )
