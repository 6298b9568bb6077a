-- title: Evaluations
-- description: What evaluators said of answers in the time range (gen_ai.evaluation.result): how many, the mean of their
--   scores, the lowest tenth, and each label's count. Each evaluation has a scale of its own. Of everybody, whatever is
--   chosen above.
SELECT
    if(name = '', '(none)', name) AS evaluation,
    count() AS evaluations,
    avg(score) AS mean_score,
    quantile(0.1)(score) AS low_score,
    arrayStringConcat(arrayMap(
        x -> concat(x.2, ' ', toString(-x.1)),
        arraySort(arrayZip(arrayMap(n -> -toInt64(n), sumMap([toString(label)], [1]).2), sumMap([toString(label)], [1]).1))),
        ', ') AS labels,
    max(ts) AS last_ts
FROM evaluations FINAL
WHERE hour >= toStartOfHour($__fromTime) AND ts >= $__fromTime AND ts <= $__toTime
GROUP BY evaluation
ORDER BY evaluations DESC
LIMIT 50
