-- title: Timeline
-- description: What happened when, in lanes: the person, what agents were told by others, each agent's model calls, its
--   tools; a sub-agent has lanes of its own, indented. ⟳ marks a step that is part of a loop, ✕ one that failed. What
--   runs at the same time stands in lanes below one another; very short steps are drawn as wide as can be seen.
WITH
-- include: session
    ,
-- include: marked_steps
    ,
    steps AS
    (
        SELECT
            *,
            toUnixTimestamp64Micro(ts) AS began,
            assumeNotNull(toInt64(ifNull(duration_ms, 0) * 1000)) AS took,
            max(began + took) OVER () - min(began) OVER () AS whole
        FROM marked
        ORDER BY ts, position
        LIMIT 4000
    ),
    tracks AS
    (
        SELECT
            multiIf(kind = 'user', 0, kind = 'llm', 1, 2) AS place,
            multiIf(
                kind = 'user', if(agent_depth > 1, '↳ instructions', 'person'),
                concat(if(agent_depth > 1, concat(repeat('  ', agent_depth - 2), '↳ '), ''),
                    multiIf(agent != '', agent, kind = 'llm', 'model', 'app'),
                    if(kind = 'tool', ' · tools', ''))) AS track,
            kind = 'user' ? (agent_depth > 1 ? 1 : 0) : agent_depth AS depth,
            min(ts) OVER (PARTITION BY agent, agent_depth, kind = 'user') AS begun,
            began,
            began + greatest(took, intDiv(greatest(whole, 100000), 250)) AS ended,
            concat(
                multiIf(loop != '', '⟳ ', error, '✕ ', kind = 'tool', '⚙ ', ''),
                kind = 'user' ? (agent_depth > 1 ? 'instruction' : 'human turn') : name) AS activity
        FROM steps
    ),
    packed AS
    (
        SELECT
            place, track, depth, min(begun) AS since,
            arraySort(groupArray((began, ended, activity))) AS items,
            -- the first lane that is free when the step begins
            arrayFold(
                (acc, x) -> (
                    arrayFirstIndex(e -> e <= x.1, acc.1) AS free,
                    (
                        if(free = 0, arrayPushBack(acc.1, x.2),
                            arrayMap((e, i) -> if(i = free, x.2, e), acc.1, arrayEnumerate(acc.1))),
                        arrayPushBack(acc.2, if(free = 0, toUInt32(length(acc.1) + 1), free))
                    )).2,
                items,
                (CAST([], 'Array(Int64)'), CAST([], 'Array(UInt32)'))).2 AS lanes
        FROM tracks
        GROUP BY place, track, depth
    )
SELECT
    fromUnixTimestamp64Micro(item.1, 'UTC') AS start,
    fromUnixTimestamp64Micro(item.2, 'UTC') AS end,
    concat(track, if(lane > 1, concat(' ', toString(lane)), '')) AS lane_name,
    item.3 AS activity
FROM packed
ARRAY JOIN items AS item, lanes AS lane
ORDER BY place = 0 ? 0 : 1, depth, since, track, lane, start
