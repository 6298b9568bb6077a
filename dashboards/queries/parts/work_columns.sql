    sum(u.calls) AS calls,
    sum(u.failed_calls) / nullIf(calls, 0) AS failed_share,
    (calls - sum(u.human_turns)) / nullIf(sum(u.human_turns), 0) AS hidden_steps,
    sum(u.input_tokens) / nullIf(sum(u.output_tokens), 0) AS input_per_output,
    sum(u.net_tokens) AS net_tokens,
    sum(u.gross_tokens) AS gross_tokens,
    (gross_tokens - net_tokens) / nullIf(gross_tokens, 0) AS waste_share
