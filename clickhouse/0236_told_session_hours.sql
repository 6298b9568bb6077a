-- Sessions hour by hour, as session_hours, under the names that the calls told: for those who look few of them up.
CREATE OR REPLACE VIEW {db}.told_session_hours {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.session_rows
WHERE (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'sessions')
