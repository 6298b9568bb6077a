        ('Implausible cost', sum(quarantined_tokens)), ('Failed calls', sum(errored_tokens)),
        ('Needless retries', sum(retry_tokens)), ('Duplicate requests', sum(duplicate_tokens)),
        ('Loops', sum(loop_tokens)), ('Idle burn', sum(idle_tokens))
