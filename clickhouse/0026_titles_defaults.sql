-- The titles that everybody starts with.
INSERT INTO {db}.titles (title, rule, least, share, description)
SELECT title, rule, least, share, description
FROM values('title String, rule String, least Float64, share Float64, description String',
    ('Token Legend', 'top_share', 1, 0.001, 'among the top 0.1 % by net tokens, at least the first'),
    ('Model Connoisseur', 'connoisseur', 5, 0.05, 'at least 5 models, each with at least 5 % of the tokens'),
    ('Cache Wizard', 'cache', 0, 0.8, 'at least 80 % of the input read from cache, at above-median volume'))
WHERE (SELECT count() FROM {db}.titles) = 0
