-- The sessions that only the wire shows, by call.
CREATE TEMPORARY TABLE derived
(
    trace_id FixedString(16),
    span_id FixedString(8),
    key UInt64,
    session_id String
)
