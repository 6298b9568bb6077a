"""What stands in the books for what was sent; every figure here was worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from store.spans import call

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)


def test_a_call_is_one_row(books):
    """A call that was sent once stands once, with what was said of it."""
    books.send(
        call(ts=NOON, user="alice", input_tokens=120, output_tokens=30, cache_read=100, team="core")
    )
    books.refresh()
    row = books.one("SELECT * FROM {db}.calls")
    assert (row["user_id"], row["team"], row["model"]) == ("alice", "core", "gpt-4o-2024-08-06")
    assert (row["input_tokens"], row["output_tokens"], row["cache_read_tokens"]) == (120, 30, 100)
    assert row["cache_write_tokens"] is None
    assert row["usage_known"] is True
    assert row["status"] == "ok"
