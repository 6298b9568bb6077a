-- tiers: 'absolute' goes by tiers.min_tokens, 'share' by tiers.top_share, for firms of any size.
-- min_cohort: figures of a team with fewer people are not shown.
INSERT INTO {db}.settings (name, value)
SELECT name, value
FROM values('name String, value String', ('tiers', 'absolute'), ('min_cohort', '1'))
WHERE name NOT IN (SELECT name FROM {db}.settings)
