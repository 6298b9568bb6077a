-- title: Failures by kind
-- description: Model calls that failed, by the error that the provider or the client named, with their share of all calls, how
--   many of them were themselves a second or later try, and the model that most of them went to.
WITH
-- include: attempts
SELECT failure, told AS calls, told / every_call AS share, further_attempts, mostly_model
FROM
(
    SELECT
        a.error_type AS failure,
        sum(a.calls) AS told,
        sum(a.further_attempts) AS further_attempts,
        topKWeighted(1)(CAST(a.model, 'String'), a.calls)[1] AS mostly_model,
        sum(told) OVER () AS every_call
    FROM attempts AS a
    GROUP BY failure
)
WHERE failure != ''
ORDER BY calls DESC, failure
LIMIT 50
