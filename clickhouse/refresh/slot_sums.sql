-- What usage_slot_rows holds, of call_rows AS c, GROUP BY ALL. An agent below others is spoken to by the one above it, not by a human.
SELECT
    slot, user_id, session_id, team, project, service, agent, provider, model,
    count() AS calls, countIf(status = 'error') AS failed_calls,
    countIf(NOT usage_known AND http_status < 400) AS unknown_calls,
    countIf(usage_known AND isNull(c.cost_usd)) AS unpriced_calls,
    sum(ifNull(c.input_tokens, 0)) AS input_tokens, sum(ifNull(c.output_tokens, 0)) AS output_tokens,
    sum(ifNull(c.cache_read_tokens, 0)) AS cache_read_tokens, sum(ifNull(c.cache_write_tokens, 0)) AS cache_write_tokens,
    sum(ifNull(c.reasoning_tokens, 0)) AS reasoning_tokens, sum(c.cost_usd) AS cost_usd,
    sum(toFloat64(c.duration_ms)) AS duration_ms,
    countIf(trigger = 'user' AND attempt <= 1 AND c.agent_depth <= 1) AS human_turns,
    sum(length(tool_hashes)) AS tool_calls, min(ts) AS first_ts,
    max(addMicroseconds(ts, toInt64(c.duration_ms * 1000))) AS last_ts,
    minIf(toNullable(ts), trigger = 'user' AND c.agent_depth <= 1) AS first_human_ts,
    maxIf(toNullable(ts), trigger = 'user' AND c.agent_depth <= 1) AS last_human_ts,
    argMin(ifNull(c.input_tokens, 0), (ts, ifNull(c.input_tokens, 0))) AS first_input, max(ifNull(c.input_tokens, 0)) AS largest_input,
    max(c.agent_depth) AS agent_depth, groupUniqArrayIf(100)(task_id, task_id != '') AS tasks,
    groupArray(toUInt8(least(40, greatest(1, ceil(log(c.duration_ms / 50) / log(1.25)))))) AS latency
