-- Stage sessions: what each session did in some hours.
INSERT INTO {db}.session_rows
(
    hour, generation, session_id, user_id, team, project, service, agents, models, tasks, first_ts, last_ts,
    first_human_ts, last_human_ts, calls, failed_calls, unknown_calls, unpriced_calls, human_turns, tool_calls, gross_tokens,
    net_tokens, cost_usd, first_input, largest_input, input_tokens, output_tokens, agent_depth,
    loop_tokens, idle_tokens
)
SELECT
    toStartOfHour(slot) AS hour, {generation}, session_id, user_id, argMin(s.team, (s.first_ts, s.team)),
    argMin(s.project, (s.first_ts, s.project)), argMin(s.service, (s.first_ts, s.service)),
    arraySort(groupUniqArrayIf(s.agent, s.agent != '')), arraySort(groupUniqArrayIf(s.model, s.model != '')),
    arraySort(groupUniqArrayArray(100)(s.tasks)),
    min(s.first_ts), max(s.last_ts), min(s.first_human_ts), max(s.last_human_ts),
    sum(s.calls), sum(s.failed_calls), sum(s.unknown_calls), sum(s.unpriced_calls), sum(s.human_turns), sum(s.tool_calls),
    sum(s.input_tokens) + sum(s.output_tokens) AS gross, gross - any(d.taken), sum(s.cost_usd),
    argMin(s.first_input, (s.first_ts, s.first_input)), max(s.largest_input), sum(s.input_tokens), sum(s.output_tokens), max(s.agent_depth),
    any(d.looped), any(d.idled)
FROM
    {include:refresh/slots_of.sql} AS s
LEFT JOIN
(
    SELECT hour AS at, session_id, user_id, sum(tokens) AS taken, sumIf(tokens, rule = 'loop') AS looped,
        sumIf(tokens, rule = 'idle') AS idled
    FROM {db}.deduction_rows
    WHERE hour IN ({units})
        AND (hour, generation) IN (SELECT unit, generation FROM {db}.current WHERE stage = 'deductions')
    GROUP BY at, session_id, user_id
) AS d ON d.at = toStartOfHour(s.slot) AND d.session_id = s.session_id AND d.user_id = s.user_id
WHERE session_id != ''
GROUP BY hour, session_id, user_id
