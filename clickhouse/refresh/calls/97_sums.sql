-- The new generation summed up by session, person, place and model: what the hours are made from.
INSERT INTO {db}.usage_slot_rows
(
    generation, slot, user_id, session_id, team, project, service, agent, provider, model, calls, failed_calls,
    unknown_calls, unpriced_calls, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
    cost_usd, duration_ms, human_turns, tool_calls, first_ts, last_ts, first_human_ts, last_human_ts, first_input,
    largest_input, agent_depth, tasks, latency
)
SELECT {generation}, *
FROM
(
{include:refresh/slot_sums.sql}
FROM {db}.call_rows AS c
WHERE slot IN ({slots}) AND generation = {generation}
GROUP BY ALL
)
