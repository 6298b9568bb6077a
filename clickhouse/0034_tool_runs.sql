-- Every tool that was run, once: the newest generations of tool_rows.
CREATE OR REPLACE VIEW {db}.tool_runs {on_cluster} AS
SELECT
    rows.* EXCEPT (generation, trace_id, span_id, parent_span_id),
    lower(hex(rows.trace_id)) AS trace_id,
    lower(hex(rows.span_id)) AS span_id,
    if(rows.parent_span_id = toFixedString('', 8), '', lower(hex(rows.parent_span_id))) AS parent_span_id
FROM {db}.tool_rows AS rows
WHERE (slot, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'calls')
