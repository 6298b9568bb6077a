-- Defaults that fit a big company's published figures (a lognormal with mean 706 M and maximum 281 B tokens a month).
INSERT INTO {db}.tiers (tier, min_tokens)
SELECT tier, min_tokens
FROM values('tier String, min_tokens UInt64',
    ('bronze', 10000000), ('silver', 100000000), ('gold', 500000000), ('platinum', 2000000000),
    ('emerald', 10000000000), ('jade', 20000000000))
WHERE (SELECT count() FROM {db}.tiers) = 0
