-- title: Energy
-- description: Electricity of the model calls in the time range (whole UTC days) by model, as a range in watt-hours from
--   published studies. What they leave out is said with them: training, hardware, networks and more. Empty: nobody has
--   published what that model takes; it is not zero. Calls whose usage is not known are in no sum.
SELECT
    model,
    any(e.family) AS family,
    sum(e.wh_low) AS wh_low,
    sum(e.wh_high) AS wh_high,
    sum(e.output_tokens) AS output_tokens,
    sum(e.input_tokens) AS input_tokens,
    sum(e.calls) AS calls,
    sum(e.unknown_calls) AS unknown_calls,
    any(e.leaves_out) AS leaves_out,
    any(e.source) AS source
FROM energy AS e
WHERE e.day >= toDate($__fromTime, 'UTC') AND e.day <= toDate($__toTime, 'UTC')
GROUP BY model
ORDER BY wh_high DESC NULLS LAST, output_tokens DESC, model
LIMIT 100
