-- What of a session's tokens in an hour was deducted for loops and for idling: lists of sessions read it here.
ALTER TABLE {db}.session_rows {on_cluster}
    ADD COLUMN IF NOT EXISTS loop_tokens UInt64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS idle_tokens UInt64 CODEC(T64, ZSTD(1))
