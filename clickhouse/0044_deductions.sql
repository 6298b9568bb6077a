-- Every deduction that holds, with its call: the newest generations of deduction_rows.
CREATE OR REPLACE VIEW {db}.deductions {on_cluster} AS
SELECT
    concat(lower(hex(trace_id)), '-', lower(hex(span_id))) AS call_id,
    ts, rule, user_id, session_id, provider, model, tokens, cost_usd, because
FROM {db}.deduction_rows
WHERE (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'deductions')
