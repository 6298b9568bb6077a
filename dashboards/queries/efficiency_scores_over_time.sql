-- title: Scores
-- description: Mean score of each evaluation (gen_ai.evaluation.result), an hour or a day a point; the twelve most
--   frequent ones. Of everybody, whatever is chosen above.
SELECT
    if(dateDiff('hour', $__fromTime, $__toTime) < 72, toDateTime(hour, 'UTC'), toDateTime(toDate(hour, 'UTC'), 'UTC')) AS time,
    if(name = '', '(none)', name) AS evaluation,
    avg(score) AS mean_score
FROM evaluations FINAL
WHERE hour >= toStartOfHour($__fromTime) AND ts >= $__fromTime AND ts <= $__toTime AND isNotNull(score)
    AND name IN
    (
        SELECT name FROM evaluations WHERE hour >= toStartOfHour($__fromTime) AND ts <= $__toTime
        GROUP BY name ORDER BY count() DESC, name LIMIT 12
    )
GROUP BY time, evaluation
ORDER BY time, evaluation
