-- Who yields to whom. An empty winner: the same span, sent again since with other content.
CREATE TEMPORARY TABLE merged
(
    trace_id FixedString(16),
    span_id FixedString(8),
    content UInt64,
    winner_trace FixedString(16),
    winner_span FixedString(8)
)
