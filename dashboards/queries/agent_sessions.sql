-- title: Sessions
-- description: Sessions with a call in the time range: those that loop or idle first, then by tokens burned, 200 in all.
--   Burn is gross tokens a minute from first to last call (a minute at least), steps are model calls for each human
--   turn. Signals: loop (tokens deducted for going in circles), idle (for hours without a human), failing (a third of
--   the calls), long leash (fifty calls for each human turn or more), deep (three agents inside one another).
WITH
-- include: sat_hours
    ,
    taken AS
    (
        SELECT session_id AS taken_from, sumIf(tokens, rule = 'loop') AS looped, sumIf(tokens, rule = 'idle') AS idled
        FROM deductions
        WHERE rule IN ('loop', 'idle') AND ts >= $__fromTime - 86400 AND ts <= $__toTime AND session_id != ''
        GROUP BY session_id
    ),
    listed AS
    (
        SELECT
            session_id, max(t.looped) AS looped, max(t.idled) AS idled,
            argMax(user_id, gross_tokens) AS who_id,
            argMax(team, gross_tokens) AS the_team,
            arrayStringConcat(arraySort(groupUniqArrayArray(agents)), ', ') AS agent_names,
            min(first_ts) AS started, max(last_ts) AS ended,
            sum(calls) AS n_calls, sum(human_turns) AS turns, sum(tool_calls) AS tools,
            sum(failed_calls) AS failed, sum(gross_tokens) AS gross, sum(net_tokens) AS net, sum(cost_usd) AS cost,
            max(largest_input) AS largest, max(agent_depth) AS depth,
            -- hours after the one in which a human last spoke
            sumIf(calls, isNull(last_human_ts)) AS without_human
        FROM sat
        LEFT JOIN taken AS t ON t.taken_from = session_id
        GROUP BY session_id
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
FROM (SELECT *, who_id AS person_of_row FROM listed) AS l
-- include: face
ORDER BY l.looped + l.idled > 0 DESC, gross_tokens DESC
