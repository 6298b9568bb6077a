-- title: Energy
-- description: Electricity that the calls of each model may have taken in the time range's days, as a range from
--   published figures, which leave much out (last column). A dash: nobody has published what the model takes. Of the
--   chosen models; of everybody, whatever team or agent is chosen.
-- variable: model all=v=*
WITH
    (SELECT arrayMap(v -> decodeURLComponent(substring(v, 3)),
                     splitByChar('&', '${model:customqueryparam:v}'))) AS picked_models
SELECT
    model,
    any(e.family) AS measured_as,
    sum(e.calls) AS calls,
    sum(e.input_tokens + e.output_tokens) AS gross_tokens,
    sum(e.wh_low) AS least_wh,
    sum(e.wh_high) AS most_wh,
    if(gross_tokens = 0, NULL, most_wh / gross_tokens * 1e6) AS most_wh_per_million,
    any(e.leaves_out) AS leaves_out,
    any(e.source) AS source
FROM energy AS e
WHERE e.day BETWEEN toDate($__fromTime, 'UTC') AND toDate($__toTime, 'UTC')
    AND (has(picked_models, '*') OR has(picked_models, model))
GROUP BY model
ORDER BY isNull(most_wh), most_wh DESC, gross_tokens DESC
LIMIT 50
