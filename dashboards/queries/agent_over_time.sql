-- title: Burn by agent
-- description: Gross tokens by agent, by day (by hour in ranges under three days); the twelve that burned most, the
--   others together. Calls outside an agent stand as (none).
WITH
    ['agent'] AS shown,
-- include: cube
    ,
    by_agent AS
    (
        SELECT since, if(agent = '', '(none)', agent) AS who, sum(gross_tokens) AS tokens
        FROM usage
        GROUP BY since, who
    )
SELECT
    since AS time,
    if(place <= 12, who, 'others') AS agent_name,
    sum(tokens) AS gross_tokens
FROM
(
    SELECT since, who, tokens, dense_rank() OVER (ORDER BY burned DESC, who) AS place
    FROM (SELECT since, who, tokens, sum(tokens) OVER (PARTITION BY who) AS burned FROM by_agent)
)
GROUP BY time, agent_name
ORDER BY time, agent_name
