-- Sessions hour by hour: the newest generations of session_rows.
CREATE OR REPLACE VIEW {db}.session_hours {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.session_rows
WHERE (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'sessions')
