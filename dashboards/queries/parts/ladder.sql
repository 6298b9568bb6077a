    -- The tiers from below, each with the net tokens in thirty days from which it begins. Where the setting goes by
    -- share these are the tokens of the last person who is in.
    (SELECT anyIf(value, name = 'tiers') = 'share' FROM settings FINAL) AS by_share,
    month AS
    (
        SELECT name, display_name, team, net_tokens, tier, rank
        FROM standings
        WHERE window_days = 30 AND subject = 'user' AND isNotNull(rank)
    ),
    (SELECT arrayReverseSort(groupArray(net_tokens)) FROM month) AS by_place,
    ladder AS
    (
        SELECT
            CAST(tier, 'String') AS tier,
            if(by_share, by_place[toUInt32(least(length(by_place), ceil(length(by_place) * top_share)))], min_tokens)
                AS least_tokens,
            min_tokens, top_share
        FROM tiers FINAL
    )
