-- How far each rule of tokenboard.loops has come at every tool step of the watched sessions, as loops.Detector has it
-- while it is fed step by step. A turn begins anew where a person speaks to anybody in the session, and for an agent
-- below others where it is given a new instruction. seq numbers the tool steps of one agent's turn from 1; …_first is
-- (seq, ts) of the step with which what is counted began. All in one pass over the steps: nothing here looks further
-- back than 20 of them.
CREATE OR REPLACE VIEW {db}.watched_marks {on_cluster} AS
SELECT
    session_id, agent, user_id, turn, own_turn, seq, ts, name, sig,
    -- the same call in a row
    max(if(seq > 1 AND sig = lag1, none, (seq, ts))) OVER so_far AS same_first,
    seq - same_first.1 + 1 AS same_count,
    -- whole rounds of 2 to 5 calls, where those are no shorter round themselves
    max(if(seq > 2 AND sig = lag2, none, (seq - 1, ts_lag1))) OVER so_far AS cycle2_first,
    if(sig != lag1, intDiv(seq - cycle2_first.1 + 1, 2), 0) AS cycle2_count,
    max(if(seq > 3 AND sig = lag3, none, (seq - 2, ts_lag2))) OVER so_far AS cycle3_first,
    if(sig != lag1 OR sig != lag2, intDiv(seq - cycle3_first.1 + 1, 3), 0) AS cycle3_count,
    max(if(seq > 4 AND sig = lag4, none, (seq - 3, ts_lag3))) OVER so_far AS cycle4_first,
    if(sig != lag2 OR lag1 != lag3, intDiv(seq - cycle4_first.1 + 1, 4), 0) AS cycle4_count,
    max(if(seq > 5 AND sig = lag5, none, (seq - 4, ts_lag4))) OVER so_far AS cycle5_first,
    if(sig != lag1 OR sig != lag2 OR sig != lag3 OR sig != lag4, intDiv(seq - cycle5_first.1 + 1, 5), 0)
        AS cycle5_count,
    -- the same call among the newest 20, and since when it has been there five times each time it came
    countEqual(newest, sig) AS window_count,
    (seq - length(newest) + indexOf(newest, sig), times[indexOf(newest, sig)]) AS window_first,
    max(if(window_count < 5, seq, 0)) OVER
        (PARTITION BY session_id, agent, turn, own_turn, sig ORDER BY seq
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS window_group,
    -- errors of one tool in a row
    max(if(error AND seq > 1 AND lag_error AND tool = lag_tool, none, (seq, ts))) OVER so_far AS error_first,
    if(error, seq - error_first.1 + 1, 0) AS error_count
FROM
(
    SELECT
        *,
        (toInt64(0), toDateTime64(0, 6, 'UTC')) AS none,
        lagInFrame(sig, 1) OVER near AS lag1, lagInFrame(sig, 2) OVER near AS lag2,
        lagInFrame(sig, 3) OVER near AS lag3, lagInFrame(sig, 4) OVER near AS lag4,
        lagInFrame(sig, 5) OVER near AS lag5,
        lagInFrame(ts, 1) OVER near AS ts_lag1, lagInFrame(ts, 2) OVER near AS ts_lag2,
        lagInFrame(ts, 3) OVER near AS ts_lag3, lagInFrame(ts, 4) OVER near AS ts_lag4,
        lagInFrame(error, 1) OVER near AS lag_error, lagInFrame(tool, 1) OVER near AS lag_tool,
        groupArray(sig) OVER near AS newest, groupArray(ts) OVER near AS times
    FROM
    (
        SELECT
            session_id, agent, user_id, turn, own_turn, ts, name, error,
            cityHash64(signature) AS sig, cityHash64(if(name = '', signature, name)) AS tool,
            toInt64(row_number() OVER
                (PARTITION BY session_id, agent, turn, own_turn ORDER BY ts, position, span_id)) AS seq
        FROM
        (
            SELECT
                *,
                countIf(kind = 'user' AND agent_depth <= 1) OVER
                    (PARTITION BY session_id ORDER BY ts, position, span_id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS turn,
                countIf(kind = 'user') OVER
                    (PARTITION BY session_id, agent ORDER BY ts, position, span_id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS own_turn
            FROM {db}.watched_steps
            WHERE kind != 'llm'
        )
        WHERE kind = 'tool'
    )
    WINDOW near AS
        (PARTITION BY session_id, agent, turn, own_turn ORDER BY seq ROWS BETWEEN 19 PRECEDING AND CURRENT ROW)
)
WINDOW so_far AS
    (PARTITION BY session_id, agent, turn, own_turn ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
