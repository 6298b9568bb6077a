-- title: By person
-- description: Estimated cost in the time range by person, the part of it that was waste, and what a completed task cost:
--   all spend, failed tasks included. The 250 who spent most.
WITH
-- include: usage
    ,
    listed AS
    (
        SELECT
            u.user_id AS who_id,
-- include: spend
            ,
            if(everything, sum(u.tasks_done), NULL) AS tasks_done
        FROM usage AS u
        GROUP BY who_id
        ORDER BY cost_usd DESC NULLS LAST, gross_tokens DESC
        LIMIT 250
    )
SELECT
    multiIf(l.who_id = '', 'unattributed', p.display_name = '', l.who_id, p.display_name) AS who,
    l.cost_usd AS cost_usd, l.waste_usd AS waste_usd, l.waste_cost_share AS waste_cost_share,
    if(l.tasks_done > 0, l.cost_usd / l.tasks_done, NULL) AS cost_per_completed_task,
    l.usd_per_million AS usd_per_million, l.net_tokens AS net_tokens, l.gross_tokens AS gross_tokens,
    l.calls AS calls, l.not_known AS not_known,
    if(l.who_id = '', '(none)', l.who_id) AS person
FROM listed AS l
LEFT JOIN
(
    SELECT name, any(display_name) AS display_name
    FROM standings
    WHERE window_days = 90 AND subject = 'user'
    GROUP BY name
) AS p ON p.name = l.who_id
ORDER BY cost_usd DESC NULLS LAST, gross_tokens DESC
