-- when: SELECT count() > 0 FROM pinned WHERE NOT kept
INSERT INTO others
{include:refresh/slot_sums.sql}
FROM {db}.call_rows AS c
WHERE slot IN ({slots}) AND (slot, generation) IN (SELECT slot, generation FROM pinned WHERE NOT kept)
GROUP BY ALL
