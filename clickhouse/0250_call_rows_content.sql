-- Which content of the span the call was made from (emissions.content): what is known needs not be looked at again.
-- 0 in rows that are older than this column.
ALTER TABLE {db}.call_rows {on_cluster} ADD COLUMN IF NOT EXISTS content UInt64 CODEC(NONE)
