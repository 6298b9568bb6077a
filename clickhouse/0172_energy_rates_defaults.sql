-- Jegham et al., How Hungry is AI?, https://arxiv.org/abs/2505.09598 (2025): Wh of a call with 100 tokens in and 300
-- out, with 1,000 and 1,000, with 10,000 and 1,500: GPT-4.1 nano 0.10, 0.27, 0.45; GPT-4o 0.42 to 0.43, 1.21, 1.59 to
-- 1.79 (by version of the paper); Claude 3.7 Sonnet 0.84, 2.78, 5.52; o3 7.03, 21.41, 39.22; DeepSeek-R1 23.82, 29.00,
-- 33.63. Output: the least and the most of these per thousand tokens out, of Claude and o3 without the long call; input:
-- nothing, or all that the long call takes above the least output, per thousand tokens in.
INSERT INTO {db}.energy_rates (family, pattern, output_low, output_high, input_low, input_high, leaves_out, source)
SELECT
    family, pattern, output_low, output_high, 0, input_high,
    concat('training; making the hardware; networks and devices; machines that wait; what is read from cache. ', measured,
        ', from its speed on hardware that was inferred, not metered'),
    'https://arxiv.org/abs/2505.09598'
FROM values(
    'family String, pattern String, output_low Float64, output_high Float64, input_high Float64, measured String',
    ('GPT-4.1 nano', '(^|[/.])gpt-4[.]1-nano', 0.27, 0.33, 0.005, 'Estimated'),
    ('GPT-4o', '(^|[/.])(chat)?gpt-4o(-20[0-9-]+|-latest)?$', 1.06, 1.43, 0.02, 'Estimated'),
    ('o3', '(^|[/.])o3(-20[0-9-]+)?$', 21.4, 23.4, 0.71, 'Estimated'),
    ('DeepSeek R1', '(^|[/.])deepseek-r1(-[0-9]+)?$', 22.4, 79.4, 0, 'Estimated'),
    ('Claude Sonnet', 'claude.*sonnet', 2.78, 2.8, 0.14, 'Estimated for Claude 3.7 Sonnet, other versions taken to be alike'))
WHERE (SELECT count() FROM {db}.energy_rates) = 0
