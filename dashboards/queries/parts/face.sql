LEFT JOIN
(
    SELECT
        person_id,
        multiIf(listing = 'hidden', '(hidden)', listing = 'pseudonym', if(pseudonym = '', 'somebody', pseudonym),
            display_name) AS face,
        listing IN ('hidden', 'pseudonym') AS masked
    FROM people FINAL
) AS p ON p.person_id = person_of_row
