-- title: Sessions
-- description: Sessions with a call in the time range: those that loop or idle first, then by tokens burned, 200 in all.
--   Burn is gross tokens a minute from first to last call (a minute at least), steps are model calls for each human
--   turn. Signals: loop (tokens deducted for going in circles), idle (for hours without a human), failing (a third of
--   the calls), long leash (fifty calls for each human turn or more), deep (three agents inside one another).
WITH
-- include: sat
    ,
    -- Which sessions can be among the first: those with one row by that, those with several by all of them together.
    heaviest_of_several AS
    (
        WITH groupUniqArrayIf((of_day, loop_tokens + idle_tokens, gross_tokens), kind = 2) AS copied
        SELECT session
        FROM sat_days
        WHERE kind > 0
        GROUP BY session
        ORDER BY
            sumIf(loop_tokens + idle_tokens, kind = 1) + arraySum(copied.2) > 0 DESC,
            sumIf(gross_tokens, kind = 1) + arraySum(copied.3) DESC
        LIMIT 200
    ),
    heaviest_of_hours AS
    (
        SELECT session_id
        FROM sat_hours
        GROUP BY session_id
        ORDER BY sum(loop_tokens + idle_tokens) > 0 DESC, sum(gross_tokens) DESC
        LIMIT 200
    ),
    parts AS
    (
        SELECT
            session_id, user_id, team, splitByChar('\n', toString(agents)) AS agent_list, first_ts, last_ts, calls, failed_calls,
            unattended_calls, human_turns, tool_calls, gross_tokens, net_tokens, loop_tokens, idle_tokens, heaviest_hour,
            cost_usd, largest_input, agent_depth
        FROM
        (
            (
                SELECT *
                FROM sat_days
                WHERE kind = 0 AND level <= multiIf(NOT has(picked_teams, '*'), 2, everything, 0, 1)
                ORDER BY loop_tokens + idle_tokens > 0 DESC, gross_tokens DESC
                LIMIT 200
            )
            UNION ALL
            SELECT *
            FROM sat_days
            WHERE kind > 0 AND session IN (SELECT session FROM heaviest_of_several)
        )
        LIMIT 1 BY session, of_day, user_id, team, agents, models
        UNION ALL
        SELECT
            session_id, user_id, team, CAST(agents, 'Array(String)'), first_ts, last_ts, calls, failed_calls,
            if(isNull(last_human_ts), calls, 0), human_turns, tool_calls, gross_tokens, net_tokens, loop_tokens, idle_tokens,
            gross_tokens, cost_usd, largest_input, agent_depth
        FROM sat_hours
        WHERE session_id IN (SELECT session_id FROM heaviest_of_hours)
    ),
    listed AS
    (
        SELECT
            r.session_id AS session_id,
            sum(r.loop_tokens) AS looped, sum(r.idle_tokens) AS idled,
            argMax(r.user_id, (r.heaviest_hour, r.user_id)) AS told_id,
            argMax(r.team, (r.heaviest_hour, r.team)) AS the_team,
            arrayStringConcat(arraySort(arrayFilter(a -> a != '', groupUniqArrayArray(r.agent_list))), ', ') AS agent_names,
            min(r.first_ts) AS started, max(r.last_ts) AS ended,
            sum(r.calls) AS n_calls, sum(r.human_turns) AS turns, sum(r.tool_calls) AS tools,
            sum(r.failed_calls) AS failed, sum(r.gross_tokens) AS gross, sum(r.net_tokens) AS net, sum(r.cost_usd) AS cost,
            max(r.largest_input) AS largest, max(r.agent_depth) AS depth,
            sum(r.unattended_calls) AS without_human
        FROM parts AS r
        GROUP BY r.session_id
        ORDER BY looped + idled > 0 DESC, gross DESC
        LIMIT 200
    )
SELECT
    l.ended AS last_seen,
    l.session_id AS session_id,
    multiIf(l.who_id = '', 'unattributed', p.face = '', l.who_id, p.face) AS who,
    l.agent_names AS agents,
    arrayStringConcat(arrayFilter(s -> s != '', [
        if(l.looped > 0, 'loop', ''), if(l.idled > 0, 'idle', ''),
        if(l.n_calls >= 6 AND l.failed * 3 >= l.n_calls, 'failing', ''),
        if(l.n_calls >= 50 * (l.turns + 1) OR l.without_human >= 50, 'long leash', ''),
        if(l.depth >= 3, 'deep', '')]), ', ') AS signals,
    l.gross / greatest(dateDiff('second', l.started, l.ended) / 60, 1) AS burn,
    l.gross AS gross_tokens,
    l.net AS net_tokens,
    if(l.gross = 0, NULL, (l.gross - l.net) / l.gross) AS waste_share,
    l.cost AS cost_usd,
    dateDiff('millisecond', l.started, l.ended) / 1000 AS length,
    l.turns AS human_turns,
    l.n_calls AS calls,
    if(l.turns = 0, NULL, l.n_calls / l.turns) AS hidden_steps,
    l.tools AS tool_calls,
    l.failed AS failed_calls,
    l.largest AS largest_input,
    if(every_team OR has(shown_teams, l.the_team), l.the_team, '') AS team,
    multiIf(l.who_id = '', '(none)', p.masked, p.face, l.who_id) AS person,
    toString(toUnixTimestamp64Milli(l.started) - 500 - intDiv(dateDiff('millisecond', l.started, l.ended), 40)) AS from_ms,
    toString(toUnixTimestamp64Milli(l.ended) + 500 + intDiv(dateDiff('millisecond', l.started, l.ended), 40)) AS to_ms
FROM
(
    SELECT listed.*, if(a.person = '', told_id, a.person) AS who_id, who_id AS person_of_row
    FROM listed
    LEFT JOIN person_of AS a ON a.alias = listed.told_id
) AS l
-- include: face
ORDER BY l.looped + l.idled > 0 DESC, gross_tokens DESC
