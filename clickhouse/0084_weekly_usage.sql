-- Who reached the week's target: one row per person and week, those on the list without usage included. Who is shown
-- under a pseudonym stands under it; who chose to be hidden is not here. Without a target reached is NULL.
CREATE OR REPLACE VIEW {db}.weekly_usage {on_cluster} AS
SELECT
    w.week AS week,
    if(w.listing = 'pseudonym', w.shown, w.user_id) AS user_id,
    w.shown AS display_name,
    w.team AS team,
    w.net_tokens AS net_tokens,
    nullIf(multiIf(mine.found, mine.weekly_tokens, theirs.found, theirs.weekly_tokens, everybody.weekly_tokens), 0)
        AS target_tokens,
    net_tokens >= target_tokens AS reached
FROM (SELECT *, 'everybody' AS everyone FROM {db}.person_weeks WHERE listing != 'hidden') AS w
ASOF LEFT JOIN
(
    SELECT name, valid_from, weekly_tokens, true AS found FROM {db}.targets FINAL WHERE scope = 'user'
) AS mine ON mine.name = w.user_id AND mine.valid_from <= w.week
ASOF LEFT JOIN
(
    SELECT name, valid_from, weekly_tokens, true AS found FROM {db}.targets FINAL WHERE scope = 'team'
) AS theirs ON theirs.name = w.team AND theirs.valid_from <= w.week
ASOF LEFT JOIN
(
    SELECT CAST(scope, 'String') AS scope, valid_from, weekly_tokens FROM {db}.targets FINAL WHERE scope = 'everybody'
) AS everybody ON everybody.scope = w.everyone AND everybody.valid_from <= w.week
