-- Sessions hour by hour: the newest generations of session_rows, under the person's own id.
CREATE OR REPLACE VIEW {db}.session_hours {on_cluster} AS
SELECT r.* EXCEPT generation REPLACE (if(p.person = '', r.user_id, p.person) AS user_id)
FROM {db}.session_rows AS r
LEFT JOIN {db}.person_of AS p ON p.alias = r.user_id
WHERE (r.hour, r.generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'sessions')
