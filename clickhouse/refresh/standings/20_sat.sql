-- How many sessions each person had in each window.
CREATE TEMPORARY TABLE sat AS
SELECT days AS sat_days, user_id AS sat_user, count() AS sessions
FROM visits
ARRAY JOIN [1, 7, 30, 90] AS days
WHERE ago < days
GROUP BY days, user_id
