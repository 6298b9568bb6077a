-- title: Pipeline
-- description: What collectors and receivers took, refused, lost, and how sure the books are of what came.
WITH
-- include: usage
    ,
    points AS
    (
        SELECT *
        FROM pipeline_minutes
        WHERE minute >= $__fromTime AND minute <= $__toTime
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
            sum(gross_tokens) AS gross, sumIf(gross_tokens, user_id = '') AS of_nobody,
            sum(u.calls) AS n_calls, sum(unknown_calls) AS unknown
        FROM usage AS u
    )
SELECT
    (SELECT sum(accepted) FROM points) AS accepted,
    (SELECT sum(refused) FROM points) AS refused,
    (SELECT sum(failed) FROM points) AS failed,
    (SELECT max(if(queue_capacity > 0, queue_size / queue_capacity, NULL)) FROM points) AS queue_share,
    (SELECT if(count() = 0, NULL, quantile(0.95)(delay)) FROM told) AS delay,
    (SELECT if(gross = 0, NULL, of_nobody / gross) FROM booked) AS unattributed_share,
    (SELECT if(n_calls = 0, NULL, unknown / n_calls) FROM booked) AS unknown_share,
    (SELECT count() FROM misdated WHERE seen >= $__fromTime AND seen <= $__toTime) AS misdated
