    -- The session's steps, tool calls with the loop they are part of: the rules of tokenboard.loops. Each agent
    -- goes its own rounds. Where a person speaks everybody begins anew; an agent below others does so where it is
    -- instructed, for itself alone.
    spoken AS
    (
        SELECT
            *,
            (
                countIf(kind = 'user' AND agent_depth <= 1) OVER
                    (ORDER BY ts, position, span_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
                countIf(kind = 'user') OVER
                    (PARTITION BY agent ORDER BY ts, position, span_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
            ) AS turn
        FROM session_steps
        WHERE session_id = wanted
    ),
    counted AS
    (
        SELECT
            *,
            row_number() OVER (PARTITION BY kind, agent, turn ORDER BY ts, position, span_id) AS n,
            row_number() OVER (PARTITION BY kind, agent, turn, signature ORDER BY ts, position, span_id) AS nth,
            row_number() OVER (PARTITION BY kind, agent, turn, name, error ORDER BY ts, position, span_id) AS nth_error,
            n > 2 AND signature = lagInFrame(signature, 2) OVER went AS again_2,
            n > 3 AND signature = lagInFrame(signature, 3) OVER went AS again_3,
            n > 4 AND signature = lagInFrame(signature, 4) OVER went AS again_4,
            n > 5 AND signature = lagInFrame(signature, 5) OVER went AS again_5
        FROM spoken
        WINDOW went AS (PARTITION BY kind, agent, turn ORDER BY ts, position, span_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    runs AS
    (
        SELECT
            *,
            count() OVER (PARTITION BY kind, agent, turn, signature, n - nth) AS same,
            if(error, count() OVER (PARTITION BY kind, agent, turn, name, error, n - nth_error), 0) AS errors,
            -- the fifth time among twenty calls
            n - min(n) OVER (PARTITION BY kind, agent, turn, signature ORDER BY n ROWS BETWEEN 4 PRECEDING AND CURRENT ROW)
                < 20 AND nth >= 5 AS often,
            sum(NOT again_2) OVER went AS stretch_2, sum(NOT again_3) OVER went AS stretch_3,
            sum(NOT again_4) OVER went AS stretch_4, sum(NOT again_5) OVER went AS stretch_5
        FROM counted
        WINDOW went AS (PARTITION BY kind, agent, turn ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    rounds AS
    (
        SELECT
            *,
            max(if(often, n, 0)) OVER (PARTITION BY kind, agent, turn, signature ORDER BY n
                ROWS BETWEEN CURRENT ROW AND 4 FOLLOWING) AS often_at,
            again_2 AND countIf(again_2) OVER (PARTITION BY kind, agent, turn, stretch_2) >= 8 AS round_2,
            again_3 AND countIf(again_3) OVER (PARTITION BY kind, agent, turn, stretch_3) >= 12 AS round_3,
            again_4 AND countIf(again_4) OVER (PARTITION BY kind, agent, turn, stretch_4) >= 16 AS round_4,
            again_5 AND countIf(again_5) OVER (PARTITION BY kind, agent, turn, stretch_5) >= 20 AS round_5
        FROM runs
    ),
    marked AS
    (
        SELECT
            *,
            multiIf(
                kind != 'tool', '',
                same >= 3, concat('same call ', toString(same), ' times'),
                max(round_2) OVER (PARTITION BY kind, agent, turn ORDER BY n ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING)
                OR max(round_3) OVER (PARTITION BY kind, agent, turn ORDER BY n ROWS BETWEEN CURRENT ROW AND 3 FOLLOWING)
                OR max(round_4) OVER (PARTITION BY kind, agent, turn ORDER BY n ROWS BETWEEN CURRENT ROW AND 4 FOLLOWING)
                OR max(round_5) OVER (PARTITION BY kind, agent, turn ORDER BY n ROWS BETWEEN CURRENT ROW AND 5 FOLLOWING),
                'a cycle of calls',
                often_at > 0 AND n + 19 >= often_at, 'same call again and again',
                errors >= 5, concat(toString(errors), ' errors in a row'),
                '') AS loop
        FROM rounds
    )
