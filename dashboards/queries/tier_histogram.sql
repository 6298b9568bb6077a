-- title: Distribution
-- description: How many people burned how much in the last thirty days, today included: a bar from its least to its most
--   net tokens, three to a decade and cut where a tier begins, over an axis that is logarithmic. Of the chosen teams.
-- variable: team all=v=*
WITH
    (SELECT arrayMap(v -> decodeURLComponent(substring(v, 3)),
                     splitByChar('&', '${team:customqueryparam:v}'))) AS picked_teams,
-- include: ladder
    ,
    rungs AS
    (
        SELECT
            tier, least AS begins,
            leadInFrame(least, 1, inf) OVER (ORDER BY least ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
                AS ends
        FROM (SELECT tier, toFloat64(least_tokens) AS least FROM ladder UNION ALL SELECT 'unranked', 0)
    ),
    bars AS
    (
        SELECT
            CAST(tier, 'String') AS bar_tier, toInt32(floor(log10(net_tokens) * 3 + 0.000001)) AS step,
            pow(10, step / 3) AS low, pow(10, (step + 1) / 3) AS high, count() AS people
        FROM month
        WHERE net_tokens > 0 AND (has(picked_teams, '*') OR has(picked_teams, if(team = '', '(none)', team)))
        GROUP BY bar_tier, step
    )
-- The four corners of each bar in the column of its tier: lines over numbers are what every kind of chart can draw.
SELECT
    corner.1 AS net_tokens,
    if(bar_tier = 'unranked', corner.2, NULL) AS unranked,
    if(bar_tier = 'bronze', corner.2, NULL) AS bronze,
    if(bar_tier = 'silver', corner.2, NULL) AS silver,
    if(bar_tier = 'gold', corner.2, NULL) AS gold,
    if(bar_tier = 'platinum', corner.2, NULL) AS platinum,
    if(bar_tier = 'emerald', corner.2, NULL) AS emerald,
    if(bar_tier = 'jade', corner.2, NULL) AS jade,
    if(bar_tier NOT IN ('unranked', 'bronze', 'silver', 'gold', 'platinum', 'emerald', 'jade'), corner.2, NULL) AS others
FROM
(
    SELECT
        bar_tier, people,
        -- Where tiers go by share somebody may stand a little outside of their own.
        greatest(low, begins) < least(high, ends) ? (greatest(low, begins), least(high, ends)) : (low, high) AS edges
    FROM bars
    LEFT JOIN rungs ON rungs.tier = bar_tier
)
ARRAY JOIN [(edges.1, 0), (edges.1, people), (edges.2, people), (edges.2, 0)] AS corner, [1, 2, 3, 4] AS place
ORDER BY edges.1, bar_tier, place
