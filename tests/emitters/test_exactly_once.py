"""Replays, batches, order, time of refresh of records and spans of many emitters: no figure changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from emitters import records
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store.spans import call, hexid, row
from store.test_exactly_once import figures

# Around the border of an hour, as late as data may come.
BORDER = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=30)
MODEL = "claude-sonnet-4-5"


@st.composite
def told(draw):
    """One of a few calls as one of those that may tell of it: (is it a log record, the row)."""
    number = draw(st.integers(0, 2))
    ts = BORDER + timedelta(seconds=[-3, 1, 700][number])
    request = f"req_{hexid(number, 24)}"
    fresh, read = 10 + number, 500
    who = draw(st.sampled_from(["log", "log", "trace", "proxy", "history", "codex", "chain"]))
    if who == "log":
        return True, records.claude(
            "api_request", ts=ts + timedelta(seconds=2), model=MODEL, duration_ms=2000,
            input_tokens=fresh, output_tokens=20, cache_read_tokens=read, cache_creation_tokens=0,
            request_id=request,
        )  # fmt: skip
    if who == "codex":
        return True, records.codex(
            "sse_event", ts=ts, input_token_count=100 + number, output_token_count=5,
            cached_token_count=0, tool_token_count=0, **{"event.kind": "response.completed"},
        )  # fmt: skip
    if who == "trace":
        return False, row(
            "claude_code.llm_request",
            {
                **records.CLAUDE, "gen_ai.system": "anthropic", "gen_ai.request.model": MODEL,
                "input_tokens": fresh, "output_tokens": 20, "cache_read_tokens": read,
                "request_id": request, "gen_ai.response.id": request,
            },
            ts=ts, seconds=2, scope="com.anthropic.claude_code.tracing", service="claude-code",
            trace=hexid(("trace", number), 32), span=hexid(("trace", number), 16),
        )  # fmt: skip
    if who == "chain":
        return False, row(
            "Messages",
            {
                "openinference.span.kind": "LLM", "llm.model_name": MODEL, "llm.provider": "anthropic",
                "llm.token_count.prompt": fresh + read, "llm.token_count.completion": 20,
            },
            ts=ts - timedelta(seconds=0.5), seconds=4, scope="openinference.instrumentation.anthropic",
            trace=hexid(("proxy", number), 32), span=hexid(("chain", number), 16),
        )  # fmt: skip
    return False, call(
        ts=ts, seconds=1.5, user="alice" if who == "history" else None, provider="anthropic",
        model=MODEL, input_tokens=fresh + read, output_tokens=20, cache_read=read,
        response_id=f"msg_{hexid(number, 20)}", prompt="p",
        scope="tokenboard.history" if who == "history" else "tokenboard",
        trace=hexid((who, number), 32), span=hexid((who, number), 16),
        attributes={"tokenboard.provider_request_id": request},
    )  # fmt: skip


def send(books, batch):
    logs, spans = ([each for log, each in batch if log is kind] for kind in (True, False))
    if logs:
        records.insert(books.client, books.database, logs)
    if spans:
        books.send(*spans)


@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_delivery_of_the_same_rows_gives_the_same_figures(migrated, data):
    """One batch and one refresh, or batches in any order, partly twice, refreshed in between."""
    rows = data.draw(
        st.lists(
            told(), min_size=2, max_size=10,
            unique_by=lambda each: repr({**each[1], "LogAttributes": each[1].get("LogAttributes")}),
        )
    )  # fmt: skip
    migrated.empty()
    send(migrated, rows)
    migrated.refresh()
    once = figures(migrated)
    migrated.empty()
    deliveries = data.draw(
        st.permutations(rows + data.draw(st.lists(st.sampled_from(rows), max_size=4)))
    )
    cut = data.draw(st.integers(1, len(deliveries)))
    send(migrated, deliveries[:cut])
    migrated.refresh()
    send(migrated, deliveries[cut:])
    migrated.refresh()
    assert figures(migrated) == once


def test_a_call_that_moves_leaves_no_ghost(migrated):
    """An imported call that is sent again for another user, model and project is only there."""
    migrated.empty()
    said = {
        "ts": BORDER, "scope": "tokenboard.history", "provider": "anthropic", "prompt": "p",
        "trace": hexid("moved", 32), "span": hexid("moved", 16), "response_id": "msg_0123456789ab",
    }  # fmt: skip
    migrated.send(call(user="al", model="claude-opus-4-5", **said))
    migrated.refresh()
    migrated.send(call(user="bo", model=MODEL, resource={"service.namespace": "shop"}, **said))
    migrated.refresh()
    found = migrated.rows("SELECT user_id, model, project, gross_tokens FROM {db}.usage_1d")
    assert [tuple(line.values()) for line in found] == [("bo", MODEL, "shop", 110)]
