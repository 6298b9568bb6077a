-- Spans whose clock cannot be right: kept out of the books for good, however late they are sent again.
CREATE TABLE IF NOT EXISTS {db}.misdated {on_cluster}
(
    slot DateTime('UTC'),
    trace_id FixedString(16),
    span_id FixedString(8),
    reason LowCardinality(String) COMMENT 'future: more than an hour ahead when it came; ancient: before 2015 or after 2099',
    ts DateTime64(6, 'UTC'),
    service LowCardinality(String),
    seen DateTime('UTC')
)
ENGINE = {engine:ReplacingMergeTree}
ORDER BY (slot, trace_id, span_id)
TTL seen + INTERVAL {fact_days} DAY
