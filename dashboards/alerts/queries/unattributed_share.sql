-- title: Tokens of nobody
-- description: Share of the gross tokens of this hour and the last that have no user; 0 while there are few tokens.
SELECT
    'all' AS whose,
    if(sum(gross_tokens) >= {least}, sumIf(gross_tokens, user_id = '') / sum(gross_tokens), 0.) AS value
FROM usage_1h
WHERE hour >= toStartOfHour(now()) - INTERVAL 1 HOUR
