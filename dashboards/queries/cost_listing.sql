-- title: Cost
-- description: What was spent in the time range by one of person, team, model, provider, agent and project, with the part of
--   it that was waste. Calls without a known price or usage are in no sum; not_known counts them.
-- variable: by default=v=model
WITH
-- include: usage
SELECT
    multiIf(
        by = 'person', u.user_id, by = 'team', u.team, by = 'provider', u.provider, by = 'agent', u.agent,
        by = 'project', u.project, u.model) AS name,
-- include: spend
    ,
    if(sum(u.input_tokens) = 0, NULL, sum(u.cache_read_tokens) / sum(u.input_tokens)) AS cache_read_ratio
FROM (SELECT *, (SELECT substring('${by:customqueryparam:v}', 3)) AS by FROM usage) AS u
GROUP BY name
HAVING calls > 0
ORDER BY cost_usd DESC NULLS LAST, gross_tokens DESC, name
LIMIT 100
