-- title: Session
-- description: One session step by step: a person spoke, a model answered, a tool was asked for.
-- variable: session default=
WITH decodeURLComponent(substring('${session:customqueryparam:v}', 3)) AS wanted
SELECT
    session_id,
    ts,
    kind,
    name,
    signature,
    result,
    error,
    error_type,
    user_id,
    team,
    agent,
    agent_depth,
    provider,
    model,
    input_tokens,
    output_tokens,
    cache_read_tokens,
    cost_usd,
    duration_ms,
    ttft_ms,
    task_id,
    attempt,
    request_messages,
    call_id,
    trace_id
FROM session_steps
WHERE session_id = wanted
ORDER BY ts, position
