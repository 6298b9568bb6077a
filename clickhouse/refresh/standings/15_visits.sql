-- The sessions of the last ninety days, by person: how many days ago each was last at work, and with what.
CREATE TEMPORARY TABLE visits AS
SELECT
    v.user_id AS user_id, if(t.team = '', v.own_team, t.team) AS team, v.ago AS ago, v.models AS models, v.agents AS agents,
    v.session AS session
FROM
(
    SELECT
        user_id, sipHash64(session_id) AS session, any(CAST(team, 'String')) AS own_team,
        dateDiff('day', max(toDate(hour)), toDate(now(), 'UTC')) AS ago,
        groupUniqArrayArray(models) AS models, groupUniqArrayArray(agents) AS agents
    FROM {db}.session_hours
    WHERE toDate(hour) > toDate(now(), 'UTC') - 90 AND toDate(hour) <= toDate(now(), 'UTC')
    GROUP BY user_id, session
) AS v
LEFT JOIN {db}.team_of AS t ON t.user_id = v.user_id
