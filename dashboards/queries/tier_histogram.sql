-- title: Distribution
-- description: How many people burned how much in the last thirty days: net tokens in steps of a third of a decade, each
--   bar coloured by the tier at its lower end. The axis of tokens is logarithmic by its steps.
WITH
-- include: ladder
    ,
    steps AS
    (
        SELECT toInt32(floor(log10(net_tokens) * 3 + 0.000001)) AS step, count() AS people
        FROM month
        WHERE net_tokens > 0
        GROUP BY step
    ),
    (SELECT (min(step), max(step)) FROM steps) AS ends,
    (SELECT arrayReverseSort(groupArray((least_tokens, tier))) FROM ladder) AS rungs
SELECT
    concat('≥ ', multiIf(
        s.edge >= 1e12, concat(toString(round(s.edge / 1e12, s.edge < 1e13 ? 1 : 0)), ' T'),
        s.edge >= 1e9, concat(toString(round(s.edge / 1e9, s.edge < 1e10 ? 1 : 0)), ' B'),
        s.edge >= 1e6, concat(toString(round(s.edge / 1e6, s.edge < 1e7 ? 1 : 0)), ' M'),
        s.edge >= 1e3, concat(toString(round(s.edge / 1e3, s.edge < 1e4 ? 1 : 0)), ' K'),
        toString(round(s.edge)))) AS from_tokens,
    toUInt64(ifNull(steps.people, 0)) AS people,
    if(arrayFirst(r -> s.edge * 1.0001 >= r.1, rungs).2 = '', 'unranked',
       arrayFirst(r -> s.edge * 1.0001 >= r.1, rungs).2) AS tier
FROM
(
    SELECT toInt32(number + assumeNotNull(ends.1)) AS step, pow(10, step / 3) AS edge
    FROM numbers(toUInt64(greatest(0, assumeNotNull(ends.2 - ends.1 + 1))))
    WHERE (SELECT count() FROM steps) > 0
) AS s
LEFT JOIN steps ON steps.step = s.step
ORDER BY s.step
