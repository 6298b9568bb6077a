-- title: Sessions
-- description: One person's sessions with a call in the time range, newest first. Figures are of
--   the hours inside the range.
WITH
-- include: person
-- include: chosen
    ,
    -- The names that calls may have told: by them the rows are found without reading everybody's.
    (
        SELECT arrayConcat(groupArrayIf(told, whose = person), if(countIf(told = person) = 0, [person], []))
        FROM (SELECT alias AS told, a.person AS whose FROM person_of AS a)
    ) AS told_names,
    parts AS
    (
        SELECT
            session_id, splitByChar('\n', toString(agents)) AS agent_list, first_ts, last_ts, human_turns, calls, tool_calls,
            failed_calls, net_tokens, gross_tokens, cost_usd
        FROM session_days
        WHERE by_day AND user_id IN (SELECT arrayJoin(told_names))
            AND day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC')
            AND of_day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC')
            AND $__conditionalAll((has(picked_models, '*') OR multiSearchAny(models, arrayMap(m -> concat('\n', m, '\n'), picked_models))), $model)
            AND $__conditionalAll((has(picked_agents, '*') OR multiSearchAny(agents, arrayMap(a -> concat('\n', a, '\n'), picked_agents))
                OR (has(picked_agents, '(none)') AND agents = '')), $agent)
        LIMIT 1 BY session, of_day, user_id, team, agents, models
        UNION ALL
        SELECT
            session_id, CAST(agents, 'Array(String)'), first_ts, last_ts, human_turns, calls, tool_calls, failed_calls,
            net_tokens, gross_tokens, cost_usd
        FROM told_session_hours
        WHERE NOT by_day AND user_id IN (SELECT arrayJoin(told_names)) AND hour BETWEEN toStartOfHour($__fromTime) AND $__toTime
            AND $__conditionalAll((has(picked_models, '*') OR hasAny(models, picked_models)), $model)
            AND $__conditionalAll((has(picked_agents, '*') OR hasAny(agents, picked_agents)
                OR (has(picked_agents, '(none)') AND empty(agents))), $agent)
    )
SELECT
    min(s.first_ts) AS started,
    s.session_id AS session_id,
    arrayStringConcat(arraySort(arrayFilter(a -> a != '', groupUniqArrayArray(s.agent_list))), ', ') AS agents,
    dateDiff('second', started, max(s.last_ts)) AS length,
    sum(s.human_turns) AS human_turns,
    sum(s.calls) AS calls,
    sum(s.tool_calls) AS tool_calls,
    sum(s.failed_calls) AS failed_calls,
    sum(s.net_tokens) AS net_tokens,
    sum(s.gross_tokens) AS gross_tokens,
    sum(s.cost_usd) AS cost_usd,
    toString(toUnixTimestamp64Milli(started) - 500 - length * 25) AS from_ms,
    toString(toUnixTimestamp64Milli(max(s.last_ts)) + 500 + length * 25) AS to_ms
FROM parts AS s
GROUP BY session_id
ORDER BY started DESC
LIMIT 200
