-- What was set aside because it cannot be true, by day, flaw and emitter: the calls are in the books, with usage unknown,
-- or (future, ancient) are not; the raw rows say what was sent.
--   count   a count that is negative, absurd or no number     subset  more cached than input, more reasoning than output
--   name    a name of more than 256 characters                utf8    a name that is no text
--   future  a clock more than an hour ahead                   ancient a clock before 2015 or after 2099
CREATE OR REPLACE VIEW {db}.flawed {on_cluster} AS
SELECT toDate(ts, 'UTC') AS day, CAST(flaw, 'String') AS flaw, CAST(emitter, 'String') AS emitter, count() AS calls
FROM {db}.call_rows
ARRAY JOIN flaws AS flaw
WHERE {live:slot, generation}
GROUP BY day, flaw, emitter
UNION ALL
SELECT toDate(seen, 'UTC') AS day, CAST(reason, 'String') AS flaw, CAST(service, 'String') AS emitter, count() AS calls
FROM {db}.misdated FINAL
GROUP BY day, flaw, emitter
