-- calls with what the books add: the cost, how many spans told of the call, why its usage is not trusted.
-- quarantined: the cost that the emitter reported is not believed, and its tokens do not count for net.
CREATE OR REPLACE VIEW {db}.priced_calls {on_cluster} AS
SELECT
    concat(lower(hex(rows.trace_id)), '-', lower(hex(rows.span_id))) AS call_id,
    * EXCEPT (generation, trace_id, span_id, parent_span_id, list_cost_usd),
    if(rows.cost_source = 'list', rows.cost_usd, rows.list_cost_usd) AS list_cost_usd,
    lower(hex(rows.trace_id)) AS trace_id,
    lower(hex(rows.span_id)) AS span_id,
    if(rows.parent_span_id = toFixedString('', 8), '', lower(hex(rows.parent_span_id))) AS parent_span_id
FROM {db}.call_rows AS rows
WHERE {live:slot, generation}
