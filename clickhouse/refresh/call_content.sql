-- What makes a call another call for whoever reads it.
trace_id, span_id, ts, duration_ms, user_id, team, project, service, agent, session_id, task_id, trigger, provider, model,
input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, quarantined, status, attempt,
request_messages, prompt_hash, tool_hashes, result_hashes
