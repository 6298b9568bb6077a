-- How long, in hours, each person kept a session going in the last thirty days with a human turn at least every two
-- hours: from the first of such turns to the last. Within an hour no two turns are two hours apart.
CREATE TEMPORARY TABLE long_sessions AS
SELECT user_id, max(seconds) / 3600 AS hours
FROM
(
    SELECT
        user_id,
        arrayMax(arrayMap(
            run -> run[-1].2 - run[1].1,
            arraySplit((turn, gap) -> gap > 7200, turns, arrayMap(
                (turn, n) -> if(n = 1, 0, turn.1 - turns[n - 1].2), turns, arrayEnumerate(turns))))) AS seconds
    FROM
    (
        SELECT
            user_id,
            arraySort(groupArray((toUnixTimestamp(assumeNotNull(first_human_ts)), toUnixTimestamp(assumeNotNull(last_human_ts))))) AS turns
        FROM {db}.session_hours
        WHERE toDate(hour) > toDate(now(), 'UTC') - 30 AND toDate(hour) <= toDate(now(), 'UTC')
            AND isNotNull(first_human_ts)
        GROUP BY user_id, session_id
        HAVING count() > 2
    )
)
GROUP BY user_id
