-- title: Cost
-- description: What was spent in the time range by one of person, team, model, provider, agent and project, with the part of
--   it that was waste. Calls without a known price or usage are in no sum; not_known counts them.
--   Teams of fewer people than the setting min_cohort stand together; who chose not to be named is not named.
-- variable: by default=v=model
WITH
-- include: usage
    ,
-- include: masks
SELECT
    multiIf(
        by = 'person', transform(u.user_id, masks.1, masks.2, u.user_id),
        by = 'team', if(u.team = '' OR every_team OR has(shown_teams, u.team), u.team, '(small teams)'), by = 'provider', u.provider, by = 'agent', u.agent,
        by = 'project', u.project, u.model) AS name,
-- include: spend
    ,
    if(sum(u.input_tokens) = 0, NULL, sum(u.cache_read_tokens) / sum(u.input_tokens)) AS cache_read_ratio
FROM (SELECT *, (SELECT substring('${by:customqueryparam:v}', 3)) AS by FROM usage) AS u
GROUP BY name
HAVING calls > 0
ORDER BY cost_usd DESC NULLS LAST, gross_tokens DESC, name
LIMIT 100
