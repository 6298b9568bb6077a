"""What cannot be true: kept as it came, out of the sums, counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from store.spans import call, insert, row
from tokenboard.doctor.books import checks

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)


@pytest.mark.parametrize(
    ("usage", "flaw"),
    [
        ({"input_tokens": -5}, "count"),
        ({"input_tokens": 10**12}, "count"),
        ({"input_tokens": 10**30}, "count"),
        ({"input_tokens": "many"}, "count"),
        ({"input_tokens": "NaN"}, "count"),
        ({"input_tokens": "12.5"}, "count"),
        ({"input_tokens": 100, "cache_read": 101}, "subset"),
        ({"input_tokens": 100, "cache_read": 60, "cache_write": 60}, "subset"),
        ({"output_tokens": 10, "reasoning": 11}, "subset"),
    ],
)
def test_impossible_counts_stay_out_of_the_sums(books, usage, flaw):
    """A call with counts that cannot be stands with unknown usage and its flaw; others count."""
    books.send(call(ts=NOON, user="alice", **usage), call(ts=NOON, user="bob"))
    books.refresh()
    found = books.one("SELECT usage_known, flaws FROM {db}.priced_calls WHERE user_id = 'alice'")
    assert found == {"usage_known": False, "flaws": [flaw]}
    assert books.value("SELECT sum(gross_tokens) FROM {db}.usage_1h") == 110
    # as it came
    key = "gen_ai.usage.output_tokens" if "reasoning" in usage else "gen_ai.usage.input_tokens"
    raw = books.rows(f"SELECT SpanAttributes['{key}'] AS said FROM {{db}}.otel_traces")
    expected = str(usage.get("output_tokens", usage.get("input_tokens")))
    assert expected in [line["said"] for line in raw]


def test_absurd_names_are_cut_and_shown(books):
    """A 10 kB model name is stored raw, bounded in the books, and its call's usage is not trusted."""
    books.send(call(ts=NOON, model="m" * 10_000))
    books.refresh()
    found = books.one("SELECT model, usage_known, flaws FROM {db}.priced_calls")
    assert found == {"model": "m" * 256, "usage_known": False, "flaws": ["name"]}
    assert books.value(
        "SELECT length(SpanAttributes['gen_ai.response.model']) FROM {db}.otel_traces"
    ) == (10_000)


def test_invalid_utf8_is_mended_and_shown(books):
    """Bytes that are no text do not break the batch or the readers."""
    books.send(call(ts=NOON, user="bob"))
    books.run(
        "INSERT INTO {db}.otel_traces (Timestamp, TraceId, SpanId, SpanName, ScopeName, SpanAttributes) "
        f"SELECT toDateTime64('{NOON:%Y-%m-%d %H:%M:%S}', 9, 'UTC'), 'zz', 'not hex', 'chat m', 'x', "
        "map('gen_ai.operation.name', 'chat', 'gen_ai.provider.name', 'openai', "
        "'gen_ai.request.model', concat('m', unhex('FF')), 'user.id', 'eve', "
        "'gen_ai.usage.input_tokens', '10')"
    )
    books.refresh()
    found = books.one(
        "SELECT model, usage_known, flaws FROM {db}.priced_calls WHERE user_id = 'eve'"
    )
    assert found == {"model": "m\ufffd", "usage_known": False, "flaws": ["utf8"]}


@pytest.mark.parametrize(
    "ts",
    [
        datetime.now(UTC) + timedelta(hours=3),
        datetime.now(UTC) + timedelta(days=900),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2001, 2, 3, tzinfo=UTC),
    ],
)
def test_clocks_that_are_wrong_stay_out(books, ts):
    """A call from the future or from before there were such things is counted apart, for ever."""
    wrong = call(ts=ts, user="eve")
    books.send(wrong, call(ts=NOON, user="bob"))
    books.refresh()
    books.send(wrong)
    books.refresh()
    assert books.one("SELECT user_id FROM {db}.calls") == {"user_id": "bob"}
    assert books.value("SELECT count() FROM {db}.misdated FINAL") == 1
    assert books.value("SELECT uniqExact(SpanId) FROM {db}.otel_traces") == 2


@pytest.mark.parametrize(
    "said",
    [
        {"openinference.span.kind": "LLM", "llm.provider": "openai", "llm.model_name": "m"},
        {"ai.operationId": "ai.generateText.doGenerate", "ai.model.provider": "openai"},
        {"gen_ai.provider.name": "openai", "gen_ai.request.model": "m"},
    ],
)
def test_clocks_of_any_family_are_counted(books, said):
    """Whoever sends it, a call of long ago is counted as such, and what is no call is not."""
    books.send(
        row("call", said, ts=datetime(2001, 2, 3, tzinfo=UTC), scope="theirs"),
        row("chain", {"openinference.span.kind": "CHAIN"}, ts=datetime(2001, 2, 3, tzinfo=UTC)),
    )
    books.refresh()
    assert books.rows("SELECT flaw, calls FROM {db}.flawed") == [{"flaw": "ancient", "calls": 1}]


def test_nobody_is_unattributed(books):
    """Calls of nobody stand on the board without a rank, last, under their own name."""
    books.send(call(ts=NOON, user=None, input_tokens=10**6), call(ts=NOON, user="bob"))
    books.refresh()
    found = books.rows("SELECT rank, user_id, display_name, tier FROM {db}.leaderboard")
    assert [tuple(line.values()) for line in found] == [
        (1, "bob", "bob", "unranked"),
        (None, "", "unattributed", ""),
    ]


def test_the_doctor_counts_every_kind(books):
    """Each kind of thing that cannot be true is counted in words, with who sent it."""
    books.send(
        call(ts=NOON, input_tokens=-5),
        call(ts=NOON, input_tokens="many"),
        call(ts=NOON, cache_read=500),
        call(ts=NOON, model="m" * 10_000),
        call(ts=datetime.now(UTC) + timedelta(hours=3)),
        call(ts=datetime(2001, 2, 3, tzinfo=UTC)),
        call(ts=NOON),
    )
    books.run(
        "INSERT INTO {db}.otel_traces (Timestamp, TraceId, SpanId, ScopeName, SpanAttributes) "
        f"SELECT toDateTime64('{NOON:%Y-%m-%d %H:%M:%S}', 9, 'UTC'), 'zz', 'zz', 'x', "
        "map('gen_ai.operation.name', 'chat', 'gen_ai.provider.name', 'openai', "
        "'gen_ai.request.model', concat('m', unhex('FF')))"
    )
    books.refresh()
    books.run("USE {db}")
    (found,) = [one for one in checks(books.client, timedelta(days=30)) if one.name == "flaws"]
    assert found.state == "doubtful"
    for kind in (
        "2 with a count that is negative, absurd or no number (by tokenboard)",
        "1 with a part larger than its whole (by tokenboard)",
        "1 with a name of more than 256 characters (by tokenboard)",
        "1 with a name that is no text (by x)",
        "1 with a clock in the future (by app)",
        "1 with a clock of long ago (by app)",
    ):
        assert kind in found.said


def test_one_bad_row_does_not_reject_its_batch(books):
    """Rows with nonsense in every attribute we read are stored with the good ones."""
    good = call(ts=NOON)
    bad = call(ts=NOON)
    bad["SpanAttributes"] = {
        name: '\x00[{"' if name not in ("gen_ai.operation.name", "gen_ai.provider.name") else value
        for name, value in bad["SpanAttributes"].items()
    }
    bad["TraceId"], bad["SpanId"] = "é" * 99, "\x00"
    insert(books.client, books.database, [good, bad])
    books.refresh()
    assert books.value("SELECT count() FROM {db}.calls") == 2
    assert books.value("SELECT sum(gross_tokens) FROM {db}.usage_1h") == 110
