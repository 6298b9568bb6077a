-- The same for teams, models and agents: usage by window, the window of yesterday beside it. A person's team is that of
-- the table people, else that of the call.
CREATE TEMPORARY TABLE others AS
SELECT
    days,
    multiIf(grouping(team) = 0, 'team', grouping(model) = 0, 'model', 'agent') AS subject,
    multiIf(grouping(team) = 0, team, grouping(model) = 0, model, agent) AS name,
    sumIf(b.gross, now_in) AS gross, sumIf(b.net, now_in) AS net,
    sumIf(b.net, before_in) AS net_before, countIf(before_in) > 0 AS was_there,
    sumIf(b.n_calls, now_in) AS n_calls, sumIf(b.failed, now_in) AS failed, sumIf(b.unknown, now_in) AS unknown,
    sumIf(b.unpriced, now_in) AS unpriced, sumIf(b.input, now_in) AS input, sumIf(b.cache_read, now_in) AS cache_read,
    sumIf(b.done, now_in) AS done, sumIf(b.undone, now_in) AS undone, sumIf(b.usd, now_in) AS usd,
    uniqExactIf(user_id, now_in AND user_id != '') AS people,
    uniqExactIf(used_model, now_in AND used_model != '' AND (b.n_calls > b.failed OR b.gross > 0)) AS models,
    sumIf(b.output, now_in) AS output, sumIf(b.turns, now_in) AS turns, sumIf(b.ms, now_in) AS ms,
    sumIf(b.abandoned, now_in) AS abandoned, sumIf(b.reverted, now_in) AS reverted,
    sumIf(b.reviewed, now_in) AS reviewed, sumIf(b.scored, now_in) AS scored, sumIf(b.scores, now_in) AS scores
FROM
(
    SELECT
        arrayJoin([1, 7, 30, 90]) AS days, ago < days AS now_in, ago BETWEEN 1 AND days AS before_in,
        *, model AS used_model
    FROM base
    WHERE now_in OR before_in
) AS b
GROUP BY GROUPING SETS ((days, team), (days, model), (days, agent))
HAVING countIf(now_in) > 0
