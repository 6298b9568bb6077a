-- title: Session
-- description: The whole session, whatever the time range: from its first call to the end of its last.
WITH
-- include: session
SELECT
    multiIf(s.user_id = '', 'unattributed', p.face = '', s.user_id, p.face) AS who,
    dateDiff('millisecond', s.started, s.ended) / 1000 AS length,
    s.calls AS calls,
    s.human_turns AS human_turns,
    s.gross_tokens AS gross_tokens,
    s.net_tokens AS net_tokens,
    if(s.gross_tokens = 0, NULL, (s.gross_tokens - s.net_tokens) / s.gross_tokens) AS waste_share,
    s.cost_usd AS cost_usd
FROM (SELECT *, user_id AS person_of_row FROM sessions WHERE session_id = wanted) AS s
-- include: face
