-- title: Tier progress
-- description: Net tokens of the last thirty days, today included, as a share of what each tier takes. A full bar is a
--   tier that is reached.
WITH
-- include: person
-- include: ladder
SELECT tier, least(1, (SELECT any(net_tokens) FROM month WHERE name = stands_as) / least_tokens) AS progress
FROM ladder
ORDER BY least_tokens
