-- variable: team all=v=*
-- variable: model all=v=*
-- variable: agent all=v=*
    -- What is chosen above the dashboard. Values come percent-encoded: no name can leave its quotes.
    -- Scalar subqueries are worked out once; plain expressions wherever they are named.
    -- Teams with too few people to be shown cannot be chosen either.
    -- Whatever names these is planned with them, time and again: the macro leaves out what nothing is chosen of.
    (SELECT (every_team, shown_teams) FROM team_cohort) AS cohort,
    cohort.1 AS every_team, cohort.2 AS shown_teams,
    (SELECT arrayFilter(t -> t IN ('*', '(none)') OR every_team OR has(shown_teams, t),
                        arrayMap(v -> decodeURLComponent(substring(v, 3)),
                                 splitByChar('&', '${team:customqueryparam:v}')))) AS picked_teams,
    (SELECT arrayMap(v -> decodeURLComponent(substring(v, 3)),
                     splitByChar('&', '${model:customqueryparam:v}'))) AS picked_models,
    (SELECT arrayMap(v -> decodeURLComponent(substring(v, 3)),
                     splitByChar('&', '${agent:customqueryparam:v}'))) AS picked_agents,
    toInt64(toUnixTimestamp($__toTime)) - toInt64(toUnixTimestamp($__fromTime)) AS seconds,
    -- Three days and more are counted in whole UTC days, today included; less in whole hours.
    seconds >= 259200 AS by_day,
    '${model:customqueryparam:v}' = 'v=*' AND '${agent:customqueryparam:v}' = 'v=*' AS everything
