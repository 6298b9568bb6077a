-- Defaults that fit a big company's published figures (a lognormal with mean 706 M and maximum 281 B tokens a month among 85,000).
INSERT INTO {db}.tiers (tier, min_tokens, top_share)
SELECT tier, min_tokens, top_share
FROM values('tier String, min_tokens UInt64, top_share Float64',
    ('bronze', 10000000, 0.93), ('silver', 100000000, 0.57), ('gold', 500000000, 0.24), ('platinum', 2000000000, 0.07),
    ('emerald', 10000000000, 0.009), ('jade', 20000000000, 0.003))
WHERE (SELECT count() FROM {db}.tiers) = 0
