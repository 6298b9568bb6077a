-- The slots whose calls must be recomputed: a mark in the slot or a neighbour (a call may be told on both sides of the
-- border), or a change in the derived sessions of the two hours before, that may go on in it.
CREATE OR REPLACE VIEW {db}.calls_dirty {on_cluster} AS
SELECT ledger.slot AS unit, around AS marks, cityHash64(around, earlier) AS inputs, rows, latest
FROM
(
    SELECT
        slot, rows, generation, done_inputs,
        max(slot) OVER () AS latest,
        sum(marks) OVER (ORDER BY at RANGE BETWEEN 600 PRECEDING AND 600 FOLLOWING) AS around,
        groupBitXor(if(tail = 0, toUInt64(0), cityHash64(at, tail)))
            OVER (ORDER BY at RANGE BETWEEN 7200 PRECEDING AND 600 PRECEDING) AS earlier
    FROM
    (
        SELECT
            m.slot AS slot, toUnixTimestamp(m.slot) AS at, m.marks AS marks, m.rows AS rows,
            c.tail AS tail, c.generation AS generation, c.inputs AS done_inputs
        FROM (SELECT slot, sum(marks) AS marks, sum(rows) AS rows FROM {db}.dirty_slots GROUP BY slot) AS m
        LEFT JOIN (SELECT * FROM {db}.current WHERE stage = 'calls') AS c ON c.unit = m.slot
    )
) AS ledger
WHERE (generation = 0 OR done_inputs != inputs)
    AND unit > now() - INTERVAL {fact_days} DAY + INTERVAL 1 DAY
