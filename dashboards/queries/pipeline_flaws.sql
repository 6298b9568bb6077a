-- title: Set aside
-- description: What cannot be true, by flaw and emitter: counts that are negative, absurd or no number, more cached than
--   input, names too long or no text (such calls stay in the books, their usage unknown); clocks ahead by more than an
--   hour or from before 2015 (those do not).
SELECT
    transform(flaw, ['count', 'subset', 'name', 'utf8', 'future', 'ancient'],
        ['impossible count', 'cached beyond input', 'name too long', 'name is no text', 'clock ahead', 'clock of before 2015'],
        flaw) AS kind,
    emitter,
    sum(calls) AS calls,
    max(day) AS last_day
FROM flawed
WHERE day >= toDate($__fromTime, 'UTC') AND day <= toDate($__toTime, 'UTC')
GROUP BY kind, emitter
ORDER BY calls DESC
LIMIT 100
