-- Stage standings: what people used on each of the last fourteen days.
INSERT INTO {db}.standing_trend_rows (generation, name, daily)
SELECT {generation}, user_id, groupArrayInsertAt(0, 14)(net, place)
FROM
(
    SELECT user_id, toUInt32(13 - dateDiff('day', day, toDate(now(), 'UTC'))) AS place, sum(net_tokens) AS net
    FROM {db}.usage_1d
    WHERE day > toDate(now(), 'UTC') - 14 AND day <= toDate(now(), 'UTC')
        AND user_id NOT IN (SELECT person_id FROM {db}.people FINAL WHERE listing IN ('hidden', 'pseudonym'))
    GROUP BY user_id, place
)
GROUP BY user_id
