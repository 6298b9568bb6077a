-- All sessions by day: the newest generations of session_sum_rows. Choose one set by by_team.
CREATE OR REPLACE VIEW {db}.session_sums {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.session_sum_rows
WHERE (toDateTime(day, 'UTC'), generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'sessions_1d')
