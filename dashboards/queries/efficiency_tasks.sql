-- title: Tasks by outcome
-- description: Tasks whose last outcome was said on that day (in that hour in ranges under three days): done, reverted,
--   abandoned or otherwise failed. A task that is done on Monday and reverted on Wednesday is a reverted one.
WITH
    [] AS shown,
-- include: cube
SELECT
    u.since AS time,
    sum(u.tasks_done) AS done,
    sum(u.tasks_reverted) AS reverted,
    sum(u.tasks_abandoned) AS abandoned,
    toInt64(sum(u.tasks_failed)) - reverted - abandoned AS otherwise
FROM usage AS u
GROUP BY time
HAVING done + sum(u.tasks_failed) > 0
ORDER BY time
