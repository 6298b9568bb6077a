-- title: Session
-- description: One session step by step: a person spoke, a model answered, a tool was asked for.
-- variable: session default=
WITH
    decodeURLComponent(substring('${session:customqueryparam:v}', 3)) AS wanted,
-- include: masks
    ,
    (SELECT (every_team, shown_teams) FROM team_cohort) AS cohort,
    cohort.1 AS every_team, cohort.2 AS shown_teams
SELECT
    session_id,
    ts,
    kind,
    name,
    signature,
    result,
    error,
    error_type,
    transform(t.user_id, masks.1, masks.2, t.user_id) AS user_id,
    if(every_team OR has(shown_teams, t.team), t.team, '') AS team,
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
FROM session_steps AS t
WHERE session_id = wanted
ORDER BY ts, position
