(
        -- the sums of these hours' slots (refresh/slots)
        SELECT * EXCEPT generation
        FROM {db}.usage_slot_rows
        WHERE slot IN ({slots}) AND (slot, generation) IN (SELECT slot, generation FROM pinned WHERE kept)
        UNION ALL
        SELECT * FROM others
    )
