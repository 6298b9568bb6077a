-- Panels and commands that explain one person's deductions read that person's rows, not everybody's. Rows that are older
-- than the index are found as before.
ALTER TABLE {db}.deduction_rows {on_cluster}
    ADD INDEX IF NOT EXISTS idx_user user_id TYPE bloom_filter(0.01) GRANULARITY 1
