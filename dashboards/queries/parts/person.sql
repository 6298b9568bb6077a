-- variable: user
    (SELECT decodeURLComponent(substring('${user:customqueryparam:v}', 3))) AS picked_user,
    -- Who chose a pseudonym has a page under it and under no other name, who chose to be hidden has none.
    (SELECT (anyIf(person_id, listing = 'pseudonym' AND pseudonym = picked_user), countIf(person_id = picked_user) > 0)
        FROM people FINAL
        WHERE listing IN ('hidden', 'pseudonym') AND (person_id = picked_user OR pseudonym = picked_user)) AS unmasked,
    -- person: as in usage; stands_as: as in standings.
    multiIf(picked_user = '(none)', '', unmasked.1 != '', unmasked.1, unmasked.2 OR picked_user = '(hidden)', '(nobody)',
        picked_user) AS person,
    if(unmasked.1 != '', picked_user, person) AS stands_as,
