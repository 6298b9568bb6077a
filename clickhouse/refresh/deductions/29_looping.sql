-- Calls of an agent that goes round in circles.
CREATE TEMPORARY TABLE looping (trace_id FixedString(16), span_id FixedString(8))
