-- The price rows of each model, best first. A million tokens at r dollars are one token at r millionths: the rate as a
-- whole number of picodollars.
CREATE TEMPORARY TABLE rates AS
SELECT
    provider, model,
    arrayReverseSort(groupArray((
        priority, service_tier, valid_from, minute_from, minute_to, context_over,
        reinterpret(input, 'Int64'), reinterpret(output, 'Int64'), reinterpret(cache_read, 'Int64'),
        reinterpret(cache_write, 'Int64'), reinterpret(cache_write_1h, 'Int64'),
        reinterpret(audio_input, 'Int64'), reinterpret(audio_output, 'Int64'),
        reinterpret(request_usd, 'Int64'), reinterpret(reasoning, 'Int64'),
        reinterpret(hour_usd, 'Int64'), valid_until, own))) AS list
FROM {db}.current_prices
WHERE known
GROUP BY provider, model
