-- One session, and one person's sessions, are found without reading everybody's.
ALTER TABLE {db}.session_rows {on_cluster}
    ADD INDEX IF NOT EXISTS idx_session session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS idx_user user_id TYPE bloom_filter(0.01) GRANULARITY 1
