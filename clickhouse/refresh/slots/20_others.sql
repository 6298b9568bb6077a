-- The sums of slots that were made before such sums were kept.
CREATE TEMPORARY TABLE others AS
SELECT * EXCEPT generation FROM {db}.usage_slot_rows WHERE false
