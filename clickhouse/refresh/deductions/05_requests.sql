-- What the rules look at is little of these hours and the one before ({slots}); first what tells it apart, each by the few
-- columns that it takes. Requests that were made more than once: of one user to one model; where nobody told what was
-- asked there is none.
CREATE TEMPORARY TABLE requests AS
SELECT cityHash64(user_id, service, provider, model, prompt_hash) AS request
FROM {db}.call_rows
WHERE slot IN ({slots}) AND prompt_hash != '' AND {live:slot, generation}
GROUP BY request
HAVING count() > 1
