-- title: Sessions at a glance
-- description: Conversations and agent runs with a call in the time range, of the chosen teams, models and agents.
WITH
-- include: sat
    ,
    -- Sessions of several days are told apart one by one, the others were counted by day.
    several AS
    (
        SELECT uniqExact(session) - uniqExactIf((session, of_day), kind = 2) AS sessions
        FROM sat_days
        WHERE kind > 0
    ),
    sums AS
    (
        SELECT
            toInt64(sum(single_sessions)) + any(several.sessions) AS sessions, sum(calls) AS calls, sum(failed_calls) AS failed_calls,
            sum(human_turns) AS human_turns, sum(gross_tokens) AS gross_tokens, sum(net_tokens) AS net_tokens,
            sum(cost_usd) AS cost_usd, max(largest_input) AS largest_input, max(agent_depth) AS agent_depth
        FROM session_sums CROSS JOIN several
        WHERE by_day AND by_team = NOT has(picked_teams, '*')
            AND day BETWEEN toDate($__fromTime + 86399, 'UTC') AND toDate($__toTime, 'UTC')
-- include: sat_in_days
        UNION ALL
        SELECT
            toInt64(uniqExact(session_id)), sum(calls), sum(failed_calls), sum(human_turns), sum(gross_tokens), sum(net_tokens),
            sum(cost_usd), max(largest_input), max(agent_depth)
        FROM sat_hours
    )
SELECT
    toUInt64(sum(s.sessions)) AS sessions,
    -- calls end within a day of their hour
    (
        SELECT uniqExact(session_id)
        FROM told_session_hours
        WHERE hour >= greatest(now() - 90000, if(by_day, toDateTime(toDate($__fromTime + 86399, 'UTC'), 'UTC'), toStartOfHour($__fromTime)))
            AND hour <= $__toTime AND last_ts > now() - INTERVAL 15 MINUTE
-- include: sat_in_hours
    ) AS running,
    if(sum(s.human_turns) = 0, NULL, sum(s.calls) / sum(s.human_turns)) AS calls_per_turn,
    if(sum(s.calls) = 0, NULL, sum(s.failed_calls) / sum(s.calls)) AS failed_share,
    if(sum(s.gross_tokens) = 0, NULL, (sum(s.gross_tokens) - sum(s.net_tokens)) / sum(s.gross_tokens)) AS waste_share,
    max(s.largest_input) AS largest_input,
    max(s.agent_depth) AS depth,
    sum(s.cost_usd) AS cost_usd
FROM sums AS s
HAVING sum(s.calls) > 0
