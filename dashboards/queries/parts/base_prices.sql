    -- What a million tokens of a model cost at its base price, for estimates that single calls do not tell.
    base_prices AS
    (
        SELECT
            CAST(provider, 'String') AS priced_provider, CAST(model, 'String') AS priced_model,
            argMax((input, cache_read, cache_write), (priority, valid_from)) AS rates
        FROM current_prices
        WHERE known AND service_tier = '' AND context_over = 0 AND valid_from <= now() AND minute_to >= 1440
        GROUP BY provider, model
    )
