-- Sessions of which an agent asked more than three times for the same tools with the same arguments.
CREATE TEMPORARY TABLE loopers AS
SELECT DISTINCT session_id
FROM
(
    SELECT session_id
    FROM {db}.call_rows
    WHERE slot IN ({slots}) AND notEmpty(tool_hashes) AND session_id != '' AND {live:slot, generation}
    GROUP BY session_id, agent, cityHash64(tool_names, tool_hashes)
    HAVING count() > 3
)
