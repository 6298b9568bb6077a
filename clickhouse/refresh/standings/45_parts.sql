-- Stage standings: people by model and agent.
INSERT INTO {db}.standing_part_rows
(
    generation, window_days, model, agent, name, display_name, team, tier, titles, is_ranked, in_window, net_before,
    was_there, gross_tokens, net_tokens, cost_usd, calls, failed_calls, unknown_calls, unpriced_calls, input_tokens,
    output_tokens, cache_read_tokens, human_turns, duration_ms
)
SELECT
    {generation}, u.days, u.model, u.agent, if(b.masked OR b.veiled, b.shown, u.user_id), b.shown, b.shown_team,
    if(b.unranked, '', if(m.tier = '', 'unranked', m.tier)), if(b.unranked, [], m.titles), NOT b.unranked,
    max(u.now_in), sumIf(u.net, u.before_in), max(u.before_in), sumIf(u.gross, u.now_in), sumIf(u.net, u.now_in),
    sumIf(u.usd, u.now_in), sumIf(u.calls, u.now_in), sumIf(u.failed, u.now_in), sumIf(u.unknown, u.now_in),
    sumIf(u.unpriced, u.now_in), sumIf(u.input, u.now_in), sumIf(u.output, u.now_in), sumIf(u.cache_read, u.now_in),
    sumIf(u.turns, u.now_in), sumIf(u.ms, u.now_in)
FROM used AS u
INNER JOIN board AS b ON b.days = u.days AND b.user_id = u.user_id
LEFT JOIN month AS m ON m.month_user = u.user_id
GROUP BY u.days, u.model, u.agent, u.user_id, b.masked, b.veiled, b.shown, b.shown_team, b.unranked, m.tier, m.titles
