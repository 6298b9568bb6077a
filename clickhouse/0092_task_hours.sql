-- The hours in which the outcome of a task was said, of tasks of which it was said in several. Only the last one counts:
-- a task that is done on Monday and reverted on Wednesday is no completed task. Written by the stage usage_1h, which looks
-- again at an hour whose tasks were told of again elsewhere.
CREATE TABLE IF NOT EXISTS {db}.task_hours {on_cluster}
(
    hour DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    project LowCardinality(String),
    task_id String CODEC(ZSTD(1)),
    last_hour DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    generation UInt64 CODEC(Delta(8), ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(generation)}
ORDER BY (hour, project, task_id)
TTL hour + INTERVAL {fact_days} DAY
