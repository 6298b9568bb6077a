-- title: By model
-- description: Estimated cost in the time range by model; what reading from the cache saved against the base price of the
--   same input, less what writing to it cost more. Not known counts calls without a price or without reported usage.
WITH
    ['model'] AS shown,
-- include: cube
    ,
-- include: base_prices
SELECT
    u.model AS model,
    any(u.provider) AS provider,
-- include: spend
    ,
    if(sum(u.input_tokens) = 0, NULL, sum(u.cache_read_tokens) / sum(u.input_tokens)) AS cache_read_ratio,
    sum(u.cache_read_tokens / 1e6 * toFloat64(p.rates.1 - p.rates.2)
        - u.cache_write_tokens / 1e6 * toFloat64(p.rates.3 - p.rates.1)) AS cache_saved_usd
FROM usage AS u
LEFT JOIN base_prices AS p ON p.priced_provider = u.provider AND p.priced_model = u.model
WHERE u.model != ''
GROUP BY model
ORDER BY cost_usd DESC NULLS LAST, gross_tokens DESC
LIMIT 100
