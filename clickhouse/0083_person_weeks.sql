-- What each person used in each week (from Monday, UTC): whoever was active, and for every week with any usage whoever
-- the table people lists, at zero. The team is that of people, else that of most of the week's tokens.
CREATE OR REPLACE VIEW {db}.person_weeks {on_cluster} AS
SELECT
    w.week AS week, w.user_id AS user_id,
    if(p.person_id = '', 'named', p.listing) AS listing,
    multiIf(listing = 'pseudonym', p.pseudonym, p.display_name = '', w.user_id, p.display_name) AS shown,
    if(p.team = '', w.team, p.team) AS team,
    w.net_tokens AS net_tokens, w.calls AS calls
FROM
(
    SELECT
        week, user_id, argMax(team, (team != '', net)) AS team, sum(net) AS net_tokens, sum(n_calls) AS calls
    FROM
    (
        SELECT
            toStartOfWeek(day, 1) AS week, user_id, CAST(team, 'String') AS team,
            sum(net_tokens) AS net, sum(calls) AS n_calls
        FROM {db}.usage_1d
        WHERE user_id != ''
        GROUP BY week, user_id, team
        UNION ALL
        SELECT weeks.week, listed.person_id, '', 0, 0
        FROM (SELECT DISTINCT toStartOfWeek(day, 1) AS week FROM {db}.usage_1d) AS weeks
        CROSS JOIN (SELECT person_id FROM {db}.people FINAL) AS listed
    )
    GROUP BY week, user_id
) AS w
LEFT JOIN
(
    SELECT person_id, display_name, team, CAST(listing, 'String') AS listing, pseudonym FROM {db}.people FINAL
) AS p ON p.person_id = w.user_id
