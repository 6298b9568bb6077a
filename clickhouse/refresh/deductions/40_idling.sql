-- Calls whose session has been at work for four hours without a human turn: nobody spoke in the four hours before, and
-- the session was already running then (it is looked for as far back as six). A call that does not say what drove it is
-- never idle.
INSERT INTO idling
SELECT t.trace_id, t.span_id
FROM told AS t
INNER JOIN old AS s ON s.session_id = t.session_id
WHERE t.hour IN ({units}) AND t.session_id != '' AND t.trigger != '' AND NOT t.person
    AND s.began <= t.ts - INTERVAL 4 HOUR
    AND NOT arrayExists(h -> h.1 <= t.ts AND h.2 > t.ts - INTERVAL 4 HOUR, s.turns)
