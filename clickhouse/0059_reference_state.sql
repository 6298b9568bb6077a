-- Fingerprints of what people edit: who is who, and what the board goes by.
CREATE OR REPLACE VIEW {db}.reference_state {on_cluster} AS
SELECT
    (SELECT groupBitXor(cityHash64(alias, person)) FROM {db}.person_of) AS aliases,
    cityHash64(
        (SELECT groupBitXor(cityHash64(person_id, display_name, team, listing, pseudonym)) FROM {db}.people FINAL),
        (SELECT groupBitXor(cityHash64(tier, min_tokens, top_share)) FROM {db}.tiers FINAL),
        (SELECT groupBitXor(cityHash64(title, rule, least, share, enabled)) FROM {db}.titles FINAL),
        (SELECT groupBitXor(cityHash64(name, value)) FROM {db}.settings FINAL)) AS board
