-- Usage of people by window: now_in the window that ends today, before_in the one that ended yesterday.
CREATE TEMPORARY TABLE used AS
SELECT
    arrayJoin([1, 7, 30, 90]) AS days, user_id, model, agent,
    ago < days AS now_in,
    ago BETWEEN 1 AND days AS before_in,
    argMaxIf(own_team, (last_day, b.net), own_team != '') AS team, max((last_day, b.net)) AS team_weight,
    sum(b.gross) AS gross, sum(b.net) AS net, sum(b.n_calls) AS calls, sum(b.failed) AS failed,
    sum(b.unknown) AS unknown, sum(b.unpriced) AS unpriced, sum(b.input) AS input,
    sum(b.cache_read) AS cache_read, sum(b.done) AS done, sum(b.undone) AS undone, sum(b.usd) AS usd,
    sum(b.output) AS output, sum(b.turns) AS turns, sum(b.ms) AS ms, sum(b.abandoned) AS abandoned,
    sum(b.reverted) AS reverted, sum(b.reviewed) AS reviewed, sum(b.scored) AS scored, sum(b.scores) AS scores
FROM base AS b
WHERE now_in OR before_in
GROUP BY days, user_id, model, agent, now_in, before_in
