-- The ten minutes of these days that were made before somebody was listed or named anew.
CREATE TEMPORARY TABLE moved (slot DateTime('UTC'), generation UInt64, hour DateTime('UTC'))
