-- The titles that everybody starts with.
INSERT INTO {db}.titles (title, rule, least, share, description)
SELECT title, rule, least, share, description
FROM values('title String, rule String, least Float64, share Float64, description String',
    ('Token Legend', 'top_share', 1, 0.001, 'among the top 0.1 % by net tokens, at least the first'),
    ('Model Connoisseur', 'connoisseur', 5, 0.05, 'at least 5 models, each with at least 5 % of the tokens'),
    ('Cache Wizard', 'cache', 0, 0.8, 'at least 80 % of the input read from cache, at above-median volume'),
    ('Session Immortal', 'session', 4, 0.001,
        'among the longest 0.1 % of sessions with a human turn at least every two hours, four hours or more'),
    ('Task Economist', 'economy', 10, 0.001,
        'among the lowest 0.1 % by cost per completed task, failures included, with ten or more of them'),
    ('Steady Hand', 'steady', 10, 0.001,
        'among the 0.1 % with the least of their completed tasks reverted, most completed first, with ten or more'))
WHERE (SELECT count() FROM {db}.titles) = 0
