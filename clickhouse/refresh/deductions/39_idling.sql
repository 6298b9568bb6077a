-- Calls in sessions that no human has touched for long.
CREATE TEMPORARY TABLE idling (trace_id FixedString(16), span_id FixedString(8))
