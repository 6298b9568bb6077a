"""A long history that is dirty all at once, as after an upgrade: no statement is too long."""

from __future__ import annotations

import pytest
from tokenboard.store import recompute


@pytest.mark.parametrize(
    ("stage", "made_from", "step", "units"),
    [
        # every third hour: hardly any two have an input in common
        ("turns", "calls", 3 * 3600, 300),
        ("deductions", "calls", 3 * 3600, 300),
        ("usage_1h", "calls", 3 * 3600, 300),
        ("sessions", "calls", 3 * 3600, 300),
        ("cube_1h", "usage_1h", 3 * 3600, 300),
        ("usage_1d", "usage_1h", 86400, 400),
        ("cube_1d", "usage_1d", 86400, 400),
    ],
)
def test_a_long_history_can_be_made_anew(books, stage, made_from, step, units):
    """Hundreds of units that are far apart are all written, in statements the engine accepts."""
    books.run(
        f"""INSERT INTO {{db}}.generations (stage, unit, generation, inputs, content, since, rows, swept)
        SELECT '{made_from}', toStartOfInterval(now('UTC'), INTERVAL {min(step, 86400)} SECOND, 'UTC')
            - number * {step}, 1, 1, 1, 1, 1, true
        FROM numbers({units})"""
    )
    assert recompute.bring_up(books.client, stage, books.database) >= units
    done = f"SELECT count() FROM {{db}}.current WHERE stage = '{stage}'"
    assert books.value(done) >= units
