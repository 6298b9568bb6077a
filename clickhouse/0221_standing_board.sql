-- The newest board of people: choose window_hours, and model and agent ('*': all); not both a model and an agent.
CREATE OR REPLACE VIEW {db}.standing_board {on_cluster} AS
SELECT * EXCEPT generation
FROM {db}.standing_board_rows
WHERE generation = (SELECT max(generation) FROM {db}.generations WHERE stage = 'standings')
