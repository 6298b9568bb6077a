    -- What stands in place of every name of those who chose not to be named: masks.1 -> masks.2.
    (SELECT (arrayPushBack(groupArray(id), ''), arrayPushBack(groupArray(face), ''))
        FROM
        (
            WITH masked AS
            (
                SELECT person_id, multiIf(listing = 'hidden', '(hidden)', pseudonym = '', 'somebody', pseudonym) AS face
                FROM people FINAL
                WHERE listing IN ('hidden', 'pseudonym')
            )
            SELECT person_id AS id, face FROM masked
            UNION ALL
            SELECT a.alias, m.face FROM person_of AS a INNER JOIN masked AS m ON m.person_id = a.person
        )) AS masks
