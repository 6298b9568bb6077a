    sum(u.cost_usd) AS cost_usd,
    if(sum(u.net_tokens) = sum(u.gross_tokens), toDecimal64(0, 12), sum(u.waste_usd)) AS waste_usd,
    if(cost_usd > 0, waste_usd / cost_usd, NULL) AS waste_cost_share,
    sum(u.net_tokens) AS net_tokens,
    sum(u.gross_tokens) AS gross_tokens,
    if(gross_tokens = 0, NULL, toFloat64(cost_usd) * 1000000 / gross_tokens) AS usd_per_million,
    sum(u.calls) AS calls,
    sum(u.unpriced_calls) + sum(u.unknown_calls) AS not_known
