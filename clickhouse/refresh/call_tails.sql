-- The derived sessions of these slots that later ones may go on with.
SELECT slot, groupBitXor(cityHash64((conversation, last))) AS tail
FROM
(
    SELECT slot, conversation, max((ts, span_id, request_messages, session_id)) AS last
    FROM {db}.call_rows
    WHERE slot IN ({slots}) AND (slot, generation) IN ({written}) AND conversation != 0
    GROUP BY slot, conversation
)
GROUP BY slot
