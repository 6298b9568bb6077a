-- title: Delay of the books
-- description: Seconds since everything was last up to date, while something is not; 0 while nothing waits.
SELECT
    'books' AS component,
    toFloat64(if(max(waiting), greatest(0, dateDiff('second', max(settled), now())), 0)) AS value
FROM books_state
