-- Sessions day by day: the newest generations of session_day_rows, and the copies that still hold, once for each day that
-- holds them. Choose by kind.
CREATE OR REPLACE VIEW {db}.session_days {on_cluster} AS
SELECT * EXCEPT (generation, of_generation)
FROM {db}.session_day_rows
WHERE (toDateTime(day, 'UTC'), generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'sessions_1d')
    AND (kind < 2
        OR (toDateTime(of_day, 'UTC'), of_generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'sessions_1d'))
