-- What evaluators said of answers: gen_ai.evaluation.result, told as a log record or as an event of a span; the same one
-- delivered again is one row. Read the view scores, which finds the call.
-- https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-events.md
CREATE TABLE IF NOT EXISTS {db}.evaluations {on_cluster}
(
    hour DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
    ts DateTime64(6, 'UTC') CODEC(Delta(8), ZSTD(1)),
    response_id String CODEC(ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)) COMMENT 'of the span that the event was told in',
    span_id FixedString(8) CODEC(ZSTD(1)),
    name LowCardinality(String),
    score Nullable(Float64) CODEC(ZSTD(1)) COMMENT 'NULL where only a label was told, or no number',
    label LowCardinality(String),
    explanation String CODEC(ZSTD(1)) COMMENT 'at most 4096 characters',
    service LowCardinality(String)
)
ENGINE = {engine:ReplacingMergeTree}
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, response_id, trace_id, span_id, name, ts, label)
TTL hour + INTERVAL {fact_days} DAY
