-- title: Deductions
-- description: What separates net from gross tokens, by the one rule that took each call. A first
--   occurrence always counts. The rules hold in this order: cost outside 0.1 to 3 times the list
--   price, failed call, retry after a success, same request within an hour, loop, idle burn.
WITH
    [] AS shown,
-- include: counted
SELECT taken.1 AS kind, taken.2 AS tokens
FROM
(
    SELECT arrayJoin([
-- include: deduction_kinds
    ]) AS taken
    FROM counted
)
WHERE tokens > 0
ORDER BY tokens DESC
