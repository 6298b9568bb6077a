-- What models take in electricity, as a range per family in watt-hours per thousand tokens, from published studies. A
-- model that no pattern fits is unknown, not zero. For a company to add to: the newest row of a family holds.
CREATE TABLE IF NOT EXISTS {db}.energy_rates {on_cluster}
(
    family String,
    pattern String COMMENT 'regular expression (RE2) that the model''s name in lower case has to fit; the longest that fits counts',
    output_low Float64 COMMENT 'Wh per 1,000 tokens of output',
    output_high Float64,
    input_low Float64 COMMENT 'Wh per 1,000 tokens of input that was not read from cache',
    input_high Float64,
    leaves_out String COMMENT 'what the figures do not contain',
    source String,
    changed DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree(changed)}
ORDER BY family
