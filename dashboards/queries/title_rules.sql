-- title: Titles
-- description: Every title, its rule in words, and who holds it in the last thirty days, the highest ranks first.
WITH holders AS
(
    SELECT title, arraySlice(groupArray(display_name), 1, 8) AS people, count() AS many
    FROM
    (
        SELECT CAST(arrayJoin(titles), 'String') AS title, display_name
        FROM standings
        WHERE window_days = 30 AND subject = 'user'
        ORDER BY rank
    )
    GROUP BY title
)
SELECT
    t.title AS title,
    t.description AS rule_in_words,
    h.many AS holders,
    concat(arrayStringConcat(h.people, ', '), if(h.many > 8, ', …', '')) AS people
FROM titles AS t FINAL
LEFT JOIN holders AS h ON h.title = t.title
WHERE t.enabled
ORDER BY title
