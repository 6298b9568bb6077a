-- title: Session
-- description: The whole session, whatever the time range: from its first call to the end of its last.
WITH
-- include: session
SELECT
    if(p.display_name = '', if(s.user_id = '', 'unattributed', s.user_id), p.display_name) AS who,
    dateDiff('millisecond', s.started, s.ended) / 1000 AS length,
    s.calls AS calls,
    s.human_turns AS human_turns,
    s.gross_tokens AS gross_tokens,
    s.net_tokens AS net_tokens,
    if(s.gross_tokens = 0, NULL, (s.gross_tokens - s.net_tokens) / s.gross_tokens) AS waste_share,
    s.cost_usd AS cost_usd
FROM sessions AS s
LEFT JOIN (SELECT name, any(display_name) AS display_name FROM standings WHERE window_days = 90 AND subject = 'user'
    GROUP BY name) AS p ON p.name = s.user_id
WHERE s.session_id = wanted
