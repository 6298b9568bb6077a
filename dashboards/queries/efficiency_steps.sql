-- title: Hidden steps
-- description: Model calls that no human drove, for each human turn, by agent: orchestration that hides dozens of steps
--   behind one answer. (none) stands for calls outside an agent.
WITH
    ['agent'] AS shown,
-- include: cube
SELECT
    if(u.agent = '', '(none)', u.agent) AS name,
    (sum(u.calls) - sum(u.human_turns)) / sum(u.human_turns) AS hidden_steps
FROM usage AS u
GROUP BY name
HAVING sum(u.human_turns) > 0
ORDER BY hidden_steps DESC
LIMIT 15
