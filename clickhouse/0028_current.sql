-- The newest generation of every unit of every stage: what readers may see.
CREATE OR REPLACE VIEW {db}.current {on_cluster} AS
SELECT stage, unit, generation, inputs, content, since, tail, rows, previous, swept
FROM {db}.generations FINAL
