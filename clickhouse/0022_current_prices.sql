-- The price rows that hold now.
CREATE OR REPLACE VIEW {db}.current_prices {on_cluster} AS
SELECT *
FROM {db}.prices FINAL
WHERE (provider, model, version) IN (SELECT provider, model, max(version) FROM {db}.prices GROUP BY provider, model)
