-- title: Failures and retries
-- description: Share of the model calls that failed, refused ones included, and share that were a second or later try at a
--   call that had failed. A refusal that is tried again counts once in each.
WITH
-- include: attempts
SELECT
    a.since AS time,
    sumIf(a.calls, a.error_type != '') / sum(a.calls) AS failed_share,
    sum(a.further_attempts) / sum(a.calls) AS retried_share
FROM attempts AS a
GROUP BY time
ORDER BY time
