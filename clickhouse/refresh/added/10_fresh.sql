-- What was told since the calls of these slots were last made, and what it can have in common with anything told before.
CREATE TEMPORARY TABLE fresh
(
    slot DateTime('UTC'),
    trace_id FixedString(16),
    span_id FixedString(8),
    content UInt64,
    response_id String,
    provider_request_id String,
    session_id String
)
