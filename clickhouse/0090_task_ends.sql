-- What was told of tasks, by task: to find the other hours in which a task's outcome was said.
CREATE TABLE IF NOT EXISTS {db}.task_ends {on_cluster}
(
    task_id String CODEC(ZSTD(1)),
    project LowCardinality(String),
    slot DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(ZSTD(1)),
    content UInt64 CODEC(ZSTD(1)),
    seniority Int64 CODEC(Delta(8), ZSTD(1)),
    ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    outcome LowCardinality(String)
)
ENGINE = {engine:ReplacingMergeTree(seniority)}
ORDER BY (task_id, project, slot, trace_id, span_id, content)
TTL slot + INTERVAL {fact_days} DAY
