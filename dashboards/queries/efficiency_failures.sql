-- title: Failures by kind
-- description: Model calls that failed, by the error that the provider or the client named, with their share of all calls, how
--   many of them were themselves a second or later try, and the model that most of them went to.
WITH
-- include: attempts
    ,
    (SELECT sum(calls) FROM attempts) AS every_call
SELECT
    a.error_type AS failure,
    sum(a.calls) AS calls,
    calls / every_call AS share,
    sum(a.further_attempts) AS further_attempts,
    topKWeighted(1)(CAST(a.model, 'String'), a.calls)[1] AS mostly_model
FROM attempts AS a
WHERE a.error_type != ''
GROUP BY failure
ORDER BY calls DESC, failure
LIMIT 50
