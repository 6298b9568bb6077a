-- Pairs of spans that tell of one call, one inside the other in time.
CREATE TEMPORARY TABLE inside
(
    trace_id FixedString(16),
    outer_place Tuple(UInt8, UInt8, Int16, Int64, FixedString(8)),
    outer_span FixedString(8),
    outer_content UInt64,
    inner_place Tuple(UInt8, UInt8, Int16, Int64, FixedString(8)),
    inner_span FixedString(8),
    inner_content UInt64
)
