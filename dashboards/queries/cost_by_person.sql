-- title: By person
-- description: Estimated cost in the time range by person, what a completed task cost (all spend, failed tasks included),
--   and the share of their gross tokens that was waste. The 250 who spent most.
WITH
-- include: board
SELECT
    b.display_name AS who,
    b.cost_usd AS cost_usd,
    if(b.tasks_completed > 0, b.cost_usd / b.tasks_completed, NULL) AS cost_per_completed_task,
    if(b.gross_tokens = 0, NULL, toFloat64(b.cost_usd) * 1000000 / b.gross_tokens) AS usd_per_million,
    b.net_tokens AS net_tokens,
    b.gross_tokens AS gross_tokens,
    if(b.gross_tokens = 0, NULL, (b.gross_tokens - b.net_tokens) / b.gross_tokens) AS waste_share,
    b.calls AS calls,
    b.unknown_calls + b.unpriced_calls AS not_known,
    if(b.user_id = '', '(none)', b.user_id) AS person
FROM board AS b
ORDER BY cost_usd DESC NULLS LAST, gross_tokens DESC
LIMIT 250
