-- Electricity by day and model, as a range in watt-hours; NULL where nobody has published what the model takes. Calls
-- whose usage is not known are in no sum.
CREATE OR REPLACE VIEW {db}.energy {on_cluster} AS
SELECT
    u.day AS day, u.provider AS provider, u.model AS model, r.rate.1 AS family, u.n_calls AS calls, u.unknown AS unknown_calls,
    u.input AS input_tokens, u.cache_read AS cache_read_tokens, u.output AS output_tokens,
    if(family = '', NULL, (u.output * r.rate.2 + greatest(u.input - u.cache_read, 0) * r.rate.4) / 1000) AS wh_low,
    if(family = '', NULL, (u.output * r.rate.3 + greatest(u.input - u.cache_read, 0) * r.rate.5) / 1000) AS wh_high,
    r.rate.6 AS leaves_out, r.rate.7 AS source
FROM
(
    SELECT
        day, CAST(provider, 'String') AS provider, CAST(model, 'String') AS model, sum(calls) AS n_calls,
        sum(unknown_calls) AS unknown, toInt64(sum(input_tokens)) AS input, toInt64(sum(cache_read_tokens)) AS cache_read,
        toInt64(sum(output_tokens)) AS output
    FROM {db}.usage_cube_1d
    WHERE dimensions = 'model' AND model != ''
    GROUP BY day, provider, model
) AS u
LEFT JOIN
(
    SELECT
        m.model AS model,
        argMax((e.family, e.output_low, e.output_high, e.input_low, e.input_high, e.leaves_out, e.source), length(e.pattern))
            AS rate
    FROM (SELECT DISTINCT CAST(model, 'String') AS model FROM {db}.usage_cube_1d WHERE dimensions = 'model') AS m
    CROSS JOIN (SELECT * FROM {db}.energy_rates FINAL) AS e
    WHERE match(lower(m.model), e.pattern)
    GROUP BY m.model
) AS r ON r.model = u.model
