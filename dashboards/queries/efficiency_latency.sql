-- title: Latency
-- description: How long model calls took: half of them at most so long, and nineteen of twenty. Right to about 12 %, for
--   the books keep counts by duration, not single durations.
WITH
    [] AS shown,
-- include: cube
SELECT
    time,
    arrayReduce('quantileInterpolatedWeighted(0.5)', arrayMap(i -> 50 * pow(1.25, i - 0.5), range(1, 41)), counts) AS p50_ms,
    arrayReduce('quantileInterpolatedWeighted(0.95)', arrayMap(i -> 50 * pow(1.25, i - 0.5), range(1, 41)), counts) AS p95_ms
FROM
(
    SELECT u.since AS time, sumForEach(u.latency) AS counts
    FROM usage AS u
    WHERE u.calls > 0
    GROUP BY time
)
ORDER BY time
