-- Every evaluation with the call it is of: that whose span the event stands in, if the response ids agree or none was
-- told; else the latest call before it with that response id. Without such a call call_id is empty.
CREATE OR REPLACE VIEW {db}.scores {on_cluster} AS
SELECT
    ts, response_id, call_id, task_id, if(p.person = '', who, p.person) AS user_id, session_id, e_name AS name,
    score, label, explanation
FROM
(
    SELECT
        e.ts AS ts, if(is_own, own.response_id, e.response_id) AS response_id,
        own.found AND (e.response_id = '' OR e.response_id = own.response_id) AS is_own,
        if(is_own, own.call_id, named.call_id) AS call_id,
        if(is_own, own.task_id, named.task_id) AS task_id,
        if(is_own, own.user_id, named.user_id) AS who,
        if(is_own, own.session_id, named.session_id) AS session_id,
        CAST(e.name, 'String') AS e_name, e.score AS score, CAST(e.label, 'String') AS label, e.explanation AS explanation
    FROM (SELECT * FROM {db}.evaluations FINAL) AS e
    LEFT JOIN
    (
        SELECT
            rows.trace_id AS trace_id, rows.span_id AS span_id, response_id, task_id, user_id, session_id, true AS found,
            concat(lower(hex(rows.trace_id)), '-', lower(hex(rows.span_id))) AS call_id
        FROM {db}.call_rows AS rows
        WHERE (rows.trace_id, rows.span_id) IN (SELECT trace_id, span_id FROM {db}.evaluations)
            AND {live:slot, generation}
    ) AS own ON own.trace_id = e.trace_id AND own.span_id = e.span_id
    ASOF LEFT JOIN
    (
        SELECT
            rows.ts AS ts, response_id, task_id, user_id, session_id,
            concat(lower(hex(rows.trace_id)), '-', lower(hex(rows.span_id))) AS call_id
        FROM {db}.call_rows AS rows
        WHERE response_id != '' AND response_id IN (SELECT response_id FROM {db}.evaluations)
            AND {live:slot, generation}
    ) AS named ON named.response_id = e.response_id AND named.ts <= e.ts
) AS found
LEFT JOIN {db}.person_of AS p ON p.alias = found.who
