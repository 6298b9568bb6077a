"""The demo's made-up past: ordinary telemetry, the same however often it is sent, marked as invented."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from tokenboard import store
from tokenboard.demo import past
from tokenboard.local.stack import Stack

SEED = 7


def attributes(span):
    """The attributes that these tests read, by name."""
    return {a.key: a.value.int_value or a.value.string_value for a in span.attributes}


def test_it_is_on_the_books_to_the_token_and_once(tmp_path):
    """Everybody's tokens are those of the spans, in their day, also when all is sent again."""
    today = datetime.now(UTC).date()
    made = [
        attributes(span) | {"day": today - timedelta(days=ago)}
        for ago in (2, 1)
        for span in past.spans(SEED, today - timedelta(days=ago), ago / 7)
    ]
    billed = Counter()
    for one in made:
        read = one.get("gen_ai.usage.cache_read.input_tokens") or 0
        # what cannot be true is set aside: no more from the cache than there is
        if read <= one.get("gen_ai.usage.input_tokens", -1):
            tokens = one["gen_ai.usage.input_tokens"] + one["gen_ai.usage.output_tokens"]
            billed[one["user.id"], one["day"]] += tokens
    assert len(billed) > 5
    with Stack(tmp_path / "books", 0, 0, 0) as stack:
        for _ in range(2):
            assert past.post(stack.addresses["otlp"], SEED, 2, today) == len(made)
        client = stack.engine.client()
        store.refresh(client)
        rows = client.query(
            "SELECT user_id, toDate(ts), sum(ifNull(input_tokens + output_tokens, 0)) AS tokens "
            "FROM calls GROUP BY ALL HAVING tokens > 0"
        ).result_rows
        assert {(who, day): tokens for who, day, tokens in rows} == dict(billed)
        invented = client.query(
            f"SELECT DISTINCT ResourceAttributes['{past.INVENTED}'] FROM otel_traces"
        ).result_rows
        assert invented == [("true",)]
        client.close()
