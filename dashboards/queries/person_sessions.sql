-- title: Sessions
-- description: One person's sessions with a call in the time range, newest first. Figures are of
--   the hours inside the range.
WITH
-- include: person
-- include: chosen
SELECT
    min(s.first_ts) AS started,
    s.session_id AS session_id,
    arrayStringConcat(arraySort(groupUniqArrayArray(s.agents)), ', ') AS agents,
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
FROM session_hours AS s
WHERE s.user_id = person
    -- beside the line above only to find them: no index knows who is who
    AND s.told_user_id IN
    (
        SELECT person
        UNION ALL
        SELECT alias FROM (SELECT alias, p.person AS whose FROM person_of AS p) WHERE whose = person
    )
    AND s.hour >= if(by_day, toDateTime(toDate($__fromTime + 86399, 'UTC'), 'UTC'), toStartOfHour($__fromTime))
    AND s.hour <= $__toTime
    AND (has(picked_models, '*') OR hasAny(s.models, picked_models))
    AND (has(picked_agents, '*') OR hasAny(s.agents, picked_agents)
        OR (has(picked_agents, '(none)') AND empty(s.agents)))
GROUP BY session_id
ORDER BY started DESC
LIMIT 200
