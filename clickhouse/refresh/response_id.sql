-- a real id is long and random: after its last dash or underscore, or as a whole (base64url, as Gemini's: it may
-- hold both anywhere); 0 where there is no such id, as where a server numbers its answers
if((lengthUTF8(response_id) >= 8 AND NOT multiSearchAny(rightUTF8(response_id, 8), ['-', '_']))
        OR (length(response_id) >= 16 AND match(response_id, '[0-9]') AND match(response_id, '[A-Z].*[A-Z]')
            AND match(response_id, '[a-z]')),
    cityHash64(response_id), 0)
