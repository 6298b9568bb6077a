-- What apps lost is rare: readers skip all else.
ALTER TABLE {db}.pipeline_points {on_cluster} ADD INDEX IF NOT EXISTS kinds kind TYPE set(16) GRANULARITY 1
