-- tiers: 'absolute' goes by tiers.min_tokens, 'share' by tiers.top_share, for firms of any size.
INSERT INTO {db}.settings (name, value)
SELECT name, value
FROM values('name String, value String', ('tiers', 'absolute'))
WHERE name NOT IN (SELECT name FROM {db}.settings)
