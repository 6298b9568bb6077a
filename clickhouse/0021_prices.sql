-- What a token costs, in US dollars per million tokens, by provider and model as they stand in calls.
-- All rows of one model carry one version; the newest version of a model is the one that holds, whole.
-- Per call: of the rows whose conditions it meets (its service tier or '', valid at its start, inside the minutes of
-- the day in UTC, more input tokens than context_over) the one of highest priority. Its rates hold for all tokens of
-- the call: https://github.com/pydantic/genai-prices (TieredPrices).
CREATE TABLE IF NOT EXISTS {db}.prices {on_cluster}
(
    provider LowCardinality(String),
    model LowCardinality(String),
    service_tier LowCardinality(String) COMMENT 'empty: any',
    valid_from DateTime('UTC'),
    minute_from UInt16 COMMENT 'of the day, UTC',
    minute_to UInt16 COMMENT 'exclusive; 1440 for the whole day; less than minute_from when it spans midnight',
    context_over UInt32 COMMENT 'holds for calls with more input tokens than this',
    priority UInt16 COMMENT 'from 1; 0 only where known is false',
    known Bool COMMENT 'false: looked up and not found; the rates mean nothing',
    input Decimal(18, 6),
    output Decimal(18, 6),
    cache_read Decimal(18, 6),
    cache_write Decimal(18, 6),
    cache_write_1h Decimal(18, 6),
    audio_input Decimal(18, 6),
    audio_output Decimal(18, 6),
    reasoning Decimal(18, 6),
    request_usd Decimal(18, 12) COMMENT 'per call, beside the tokens',
    hour_usd Decimal(18, 6) DEFAULT 0 COMMENT 'per hour that a call takes, beside the tokens: self-hosted models by GPU-hour',
    valid_until DateTime('UTC') DEFAULT toDateTime('2106-02-07 00:00:00', 'UTC') COMMENT 'exclusive',
    own Bool DEFAULT false COMMENT 'an own contract or server, not the public list price',
    source LowCardinality(String) COMMENT 'genai-prices, or the file that overrides it',
    source_model String COMMENT 'the provider/model of the source that was taken',
    version UInt64 COMMENT 'snowflake id of the sync'
)
ENGINE = {engine:ReplacingMergeTree}
ORDER BY (provider, model, version, priority, service_tier, valid_from, minute_from, minute_to, context_over)
