-- title: Deductions
-- description: What separates this person's net from gross tokens, by the one rule that took each
--   call. A first occurrence always counts. Order of the rules: implausible cost, failed call,
--   retry after a success, same request within an hour, loop, idle burn.
WITH
-- include: person
-- include: usage_of_person
SELECT taken.1 AS kind, taken.2 AS tokens
FROM
(
    SELECT arrayJoin([
-- include: deduction_kinds
    ]) AS taken
    FROM usage
)
WHERE tokens > 0
ORDER BY tokens DESC
