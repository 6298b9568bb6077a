-- title: Pipeline
-- description: What collectors and receivers took, refused, lost, and how sure the books are of what came.
WITH
    [] AS shown,
-- include: counted
    ,
    points AS
    (
        SELECT
            sum(p.accepted) AS accepted, sum(p.refused) AS refused, sum(p.failed) AS failed,
            max(if(p.queue_capacity > 0, p.queue_size / p.queue_capacity, NULL)) AS queue_share
        FROM pipeline_minutes AS p
        WHERE p.minute >= $__fromTime AND p.minute <= $__toTime
    ),
    -- Bounded whatever the range: the newest fifty thousand things that were told.
    told AS
    (
        SELECT greatest(0, -seniority / 1e6 - toFloat64(toUnixTimestamp64Micro(ts)) / 1e6 - duration_ns / 1e9) AS delay
        FROM emissions
        WHERE slot >= toStartOfInterval($__fromTime, INTERVAL 10 MINUTE) AND slot <= $__toTime
        ORDER BY slot DESC
        LIMIT 50000
    ),
    booked AS
    (
        SELECT
            sum(gross_tokens) AS gross, sum(unattributed_tokens) AS of_nobody,
            sum(u.calls) AS n_calls, sum(unknown_calls) AS unknown
        FROM counted AS u
    )
SELECT
    p.accepted AS accepted,
    p.refused AS refused,
    p.failed AS failed,
    p.queue_share AS queue_share,
    (SELECT if(count() = 0, NULL, quantile(0.95)(delay)) FROM told) AS delay,
    if(b.gross = 0, NULL, b.of_nobody / b.gross) AS unattributed_share,
    if(b.n_calls = 0, NULL, b.unknown / b.n_calls) AS unknown_share,
    (SELECT count() FROM misdated WHERE seen >= $__fromTime AND seen <= $__toTime) AS misdated
FROM points AS p
CROSS JOIN booked AS b
