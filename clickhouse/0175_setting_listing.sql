-- listing: what people are listed as who said nothing: 'named', and may opt out, or 'hidden', and may opt in.
INSERT INTO {db}.settings (name, value)
SELECT name, value
FROM values('name String, value String', ('listing', 'named'))
WHERE name NOT IN (SELECT name FROM {db}.settings)
