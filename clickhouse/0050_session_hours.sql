-- Sessions hour by hour: the newest generations of session_rows, under the person's own id. told_user_id is the name that
-- the calls gave: by it one person's are found without reading everybody's.
CREATE OR REPLACE VIEW {db}.session_hours {on_cluster} AS
SELECT r.* EXCEPT generation REPLACE (if(p.person = '', r.user_id, p.person) AS user_id),
    r.user_id AS told_user_id
FROM {db}.session_rows AS r
LEFT JOIN {db}.person_of AS p ON p.alias = r.user_id
WHERE (r.hour, r.generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'sessions')
