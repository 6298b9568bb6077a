"""Which calls stand in the books for what was sent; every figure here was worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from store.spans import agent, call, hexid, row, task, tool

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
TRACE = hexid("a trace", 32)


def other(scope="opentelemetry.instrumentation.openai.v1", **attributes):
    """A model call as another instrumentation emits it: only what the conventions say."""
    ours = {name for name in call(ts=NOON)["SpanAttributes"] if name.startswith("tokenboard.")}
    return {"scope": scope, "attributes": dict.fromkeys(ours) | attributes}


def test_one_call_is_one_row(books):
    """A call stands once, with what was said of it and nothing that was not."""
    books.send(
        call(
            ts=NOON, user="alice", input_tokens=120, output_tokens=30, cache_read=100, team="core",
            session="S1", agent="coder", task="T-1", response_id="resp_0123456789abcdef",
            request_model="gpt-4o", tools=[("grep", 1)], resource={"service.namespace": "shop"},
        )
    )  # fmt: skip
    books.refresh()
    found = books.one("SELECT * FROM {db}.calls")
    said = {
        "user_id": "alice", "user_source": "context", "team": "core", "session_id": "S1",
        "agent": "coder", "agent_depth": 1, "task_id": "T-1", "project": "shop", "service": "app",
        "provider": "openai", "model": "gpt-4o-2024-08-06", "response_id": "resp_0123456789abcdef",
        "input_tokens": 120, "output_tokens": 30, "cache_read_tokens": 100, "usage_known": True,
        "status": "ok", "error_type": "", "finish_reason": "stop", "attempt": 1, "trigger": "user",
        "operation": "chat", "duration_ms": 1000, "emitter": "tokenboard", "tool_names": ["grep"],
    }  # fmt: skip
    assert {name: found[name] for name in said} == said
    assert found["cache_write_tokens"] is None
    assert found["reasoning_tokens"] is None
    assert found["ttft_ms"] is None


def test_calls_has_the_columns_of_the_design(books):
    """The view has exactly the agreed columns in the agreed order: checks and exports rely on it."""
    names = [
        line["name"]
        for line in books.rows(
            "SELECT name FROM system.columns WHERE database = '{db}' AND table = 'calls' "
            "ORDER BY position"
        )
    ]
    design = (
        "call_id ts duration_ms ttft_ms user_id user_source end_user_id team project service agent "
        "agent_depth session_id task_id trigger operation provider model response_id "
        "provider_request_id input_tokens output_tokens cache_read_tokens cache_write_tokens "
        "cache_write_1h_tokens reasoning_tokens audio_input_tokens audio_output_tokens usage_known "
        "service_tier reported_cost_usd status error_type finish_reason attempt request_messages "
        "request_bytes prompt_hash tool_names tool_hashes emitter trace_id span_id parent_span_id"
    )
    assert " ".join(names) == design


def test_only_model_calls_are_calls(books):
    """Tool runs, agent runs with summed usage, tasks and other spans are no calls."""
    books.send(
        tool("grep", ts=NOON),
        agent("coder", ts=NOON),
        task("T-1", ts=NOON),
        row("GET /", {"http.request.method": "GET", "user.id": "alice"}, ts=NOON),
        row(
            "invoke_agent planner",
            {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.provider.name": "openai",
                "gen_ai.usage.input_tokens": 900,
            },
            ts=NOON,
            scope="somebody.else",
        ),
    )
    books.refresh()
    assert books.rows("SELECT * FROM {db}.calls") == []


def test_unknown_usage_is_unknown(books):
    """A call without counts stands with unknown usage, not with zero."""
    books.send(call(ts=NOON, input_tokens=None, output_tokens=None))
    books.refresh()
    found = books.one("SELECT * FROM {db}.calls")
    assert found["usage_known"] is False
    assert (found["input_tokens"], found["output_tokens"]) == (None, None)


def test_attempts_and_failures_are_rows(books):
    """A refused attempt and the one that worked are two rows; the refused one has no tokens."""
    books.send(
        call(ts=NOON, attempt=1, error="429", status=429, input_tokens=None, output_tokens=None),
        call(ts=NOON + timedelta(seconds=2), attempt=2, input_tokens=50, output_tokens=5),
    )
    books.refresh()
    found = books.rows(
        "SELECT attempt, status, error_type, input_tokens FROM {db}.calls ORDER BY ts"
    )
    assert [tuple(line.values()) for line in found] == [
        (1, "error", "429", None),
        (2, "ok", "", 50),
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {
                "gen_ai.system": "openai",
                "gen_ai.usage.prompt_tokens": 70,
                "gen_ai.usage.completion_tokens": 7,
            },
            ("openai", 70, 7, None),
        ),
        (
            {
                "gen_ai.system": "AWS",
                "gen_ai.usage.input_tokens": 80,
                "gen_ai.usage.output_tokens": "8.0",
                "gen_ai.usage.cache_creation.input_tokens": 40,
            },
            ("aws.bedrock", 80, 8, 40),
        ),
    ],
)
def test_old_spellings_count(books, said, expected):
    """Emitters that use the conventions' former names are read all the same."""
    books.send(
        row(
            "openai.chat",
            {"llm.request.type": "chat", "gen_ai.response.model": "m-1", **said},
            ts=NOON,
            kind="Client",
            scope="opentelemetry.instrumentation.openai.v1",
        )
    )
    books.refresh()
    found = books.one(
        "SELECT provider, input_tokens, output_tokens, cache_write_tokens, model FROM {db}.calls"
    )
    assert tuple(found.values()) == (*expected, "m-1")


def test_two_emitters_with_one_id_are_one_call(books):
    """The same answer told by two instrumentations counts once and keeps what each of them knows."""
    books.send(
        call(ts=NOON, user=None, cache_read=64, response_id="chatcmpl-AbCdEfGh12345678", team=None),
        call(
            ts=NOON - timedelta(milliseconds=30), seconds=1.2, user="alice", model="gpt-4o",
            response_id="chatcmpl-AbCdEfGh12345678", **other(**{"tokenboard.team": "core"}),
        ),
    )  # fmt: skip
    books.refresh()
    found = books.one("SELECT *, emissions FROM {db}.priced_calls")
    assert (found["user_id"], found["cache_read_tokens"]) == ("alice", 64)
    assert (found["team"], found["emissions"]) == ("core", 2)
    assert found["emitter"] == "tokenboard"


def test_one_id_with_other_tokens_is_two_calls(books):
    """A response id alone proves nothing: counts that cannot be of one call keep the calls apart."""
    for tokens in (100, 250):
        books.send(call(ts=NOON, input_tokens=tokens, response_id="chatcmpl-AbCdEfGh12345678"))
    books.refresh()
    assert books.value("SELECT sum(input_tokens) FROM {db}.calls") == 350


def test_one_id_much_later_is_two_calls(books):
    """Equal ids eleven minutes apart are two calls."""
    for minutes in (0, 11):
        books.send(
            call(ts=NOON + timedelta(minutes=minutes), response_id="chatcmpl-AbCdEfGh12345678")
        )
    books.refresh()
    assert books.value("SELECT count() FROM {db}.calls") == 2


def test_ids_with_dashes_near_their_end_are_ids(books):
    """Gemini's ids are base64url: a dash or underscore just before the end does not make them short."""
    # https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse (responseId)
    said = {
        "provider": "gcp.gemini",
        "model": "gemini-3-pro",
        "response_id": "aBcD3fGhIjKlMnOp-q_R",
    }
    books.send(call(ts=NOON, **said), call(ts=NOON + timedelta(seconds=1), **said, **other()))
    books.refresh()
    assert books.value("SELECT count() FROM {db}.calls") == 1


def test_short_ids_are_no_ids(books):
    """Ollama numbers its answers below a thousand: two calls with one number stay two."""
    for seconds in (0, 40):
        moment = NOON + timedelta(seconds=seconds)
        books.send(call(ts=moment, response_id="chatcmpl-417", provider="ollama"))
    books.refresh()
    assert books.value("SELECT count() FROM {db}.calls") == 2


def test_a_poll_that_repeats_an_answer_counts_once(books):
    """A background answer fetched three times with its usage is one call."""
    for minutes in (0, 4, 8):
        books.send(
            call(ts=NOON + timedelta(minutes=minutes), response_id="resp_68f0c1d2e3a4b5c6d7")
        )
    books.refresh()
    assert books.value("SELECT count() FROM {db}.calls") == 1


@pytest.mark.parametrize("late", ["the poll", "the request"])
def test_a_background_answer_fetched_by_another_process_is_one_call(books, late):
    """Its span begins when the provider says that the job did; whichever comes in first, it is one call."""
    answer = "resp_68f0c1d2e3a4b5c6d8"
    begun = call(
        ts=NOON, seconds=0.4, user="ada", session="S", prompt="aaaa", response_id=answer,
        input_tokens=None, output_tokens=None, service="web",
    )  # fmt: skip
    fetched = call(
        ts=NOON - timedelta(milliseconds=600), seconds=2400, user=None, trigger=None,
        response_id=answer, input_tokens=700, output_tokens=30, service="worker",
    )  # fmt: skip
    first, second = (begun, fetched) if late == "the poll" else (fetched, begun)
    books.send(first)
    books.refresh()
    books.send(second)
    books.refresh()
    found = books.one("SELECT * FROM {db}.calls")
    assert (found["input_tokens"], found["output_tokens"], found["usage_known"]) == (700, 30, 1)
    assert (found["user_id"], found["session_id"], found["trigger"]) == ("ada", "S", "user")
    assert books.refresh() == 0


def test_spans_inside_one_another_are_one_call(books):
    """Without ids, an instrumentation's span around ours with the same counts is the same call."""
    outer = hexid("outer", 16)
    books.send(
        call(
            ts=NOON, seconds=3, span=outer, trace=TRACE, response_id=None, model="gpt-4o",
            **other("openinference.instrumentation.openai"),
        ),
        call(
            ts=NOON + timedelta(seconds=1), seconds=1, trace=TRACE, parent=outer, user=None,
            response_id="chatcmpl-AbCdEfGh12345678",
        ),
    )  # fmt: skip
    books.refresh()
    found = books.one("SELECT * FROM {db}.calls")
    assert (found["user_id"], found["emitter"]) == ("alice", "tokenboard")


def test_three_spans_inside_one_another_are_one_call(books):
    """A framework, an SDK's instrumentation and ours around one request: once."""
    spans = [
        call(
            ts=NOON + timedelta(seconds=step), seconds=9 - 2 * step, trace=TRACE, response_id=None,
            span=hexid(step, 16), parent=hexid(step - 1, 16), **other(f"scope-{step}"),
        )
        for step in (1, 2)
    ]  # fmt: skip
    inner = call(
        ts=NOON + timedelta(seconds=3),
        seconds=1,
        trace=TRACE,
        parent=hexid(2, 16),
        response_id=None,
    )
    books.send(*spans, inner)
    books.refresh()
    assert books.value("SELECT count() FROM {db}.calls") == 1


def test_calls_one_after_another_stay_apart(books):
    """Equal counts without ids in one trace are many calls when they are not inside one another."""
    for step in range(3):
        books.send(
            call(ts=NOON + timedelta(seconds=2 * step), seconds=1, trace=TRACE, response_id=None),
            call(
                ts=NOON + timedelta(seconds=2 * step, milliseconds=100), seconds=0.5, trace=TRACE,
                response_id=None, **other(),
            ),
        )  # fmt: skip
    books.refresh()
    assert books.value("SELECT count() FROM {db}.calls") == 3


def test_an_attempt_inside_an_sdk_span_is_not_swallowed(books):
    """The SDK's span around a failed and a good attempt is the good one; the failed one stays."""
    sdk = hexid("sdk", 16)
    books.send(
        call(ts=NOON, seconds=9, span=sdk, trace=TRACE, response_id=None, **other()),
        call(
            ts=NOON + timedelta(seconds=1), trace=TRACE, parent=sdk, error="503", status=503,
            input_tokens=None, output_tokens=None,
        ),
        call(ts=NOON + timedelta(seconds=4), trace=TRACE, parent=sdk, attempt=2),
    )  # fmt: skip
    books.refresh()
    found = books.rows("SELECT status, attempt FROM {db}.calls ORDER BY ts")
    assert [tuple(line.values()) for line in found] == [("error", 1), ("ok", 2)]


@pytest.mark.parametrize("first_batch", [0, 1])
def test_one_call_told_on_both_sides_of_a_border(books, first_batch):
    """One id at 11:59:59 and at 12:00:01 is one call, whichever is stored first."""
    batches = [
        [call(ts=NOON - timedelta(seconds=1), response_id="resp_aaaabbbbccccdddd", **other())],
        [call(ts=NOON + timedelta(seconds=1), response_id="resp_aaaabbbbccccdddd")],
    ]
    books.send(*batches[first_batch])
    books.refresh()
    books.send(*batches[1 - first_batch])
    books.refresh()
    found = books.one("SELECT emitter FROM {db}.calls")
    assert found["emitter"] == "tokenboard"
    assert books.value("SELECT sum(calls) FROM {db}.usage_1h") == 1


def test_a_miscounting_emitter_around_ours_does_not_double(books):
    """An instrumentation that adds a stream's first counts twice is still the same call, by its time."""
    said = {"provider": "anthropic", "response_id": "msg_0123456789abcdef"}
    books.send(
        call(ts=NOON, seconds=4, output_tokens=14, cache_read=0, **said, **other()),
        call(ts=NOON + timedelta(seconds=1), output_tokens=11, **said),
    )
    books.refresh()
    found = books.one("SELECT output_tokens, cache_read_tokens, emitter FROM {db}.calls")
    assert found == {"output_tokens": 11, "cache_read_tokens": None, "emitter": "tokenboard"}


def test_a_callback_span_that_lost_its_trace_is_the_same_call(books):
    """A framework's span in a trace of its own, around ours with exactly its counts, is no second call."""
    for step in range(2):
        books.send(
            call(ts=NOON + timedelta(seconds=10 * step), seconds=5, response_id=None, **other()),
            call(ts=NOON + timedelta(seconds=10 * step + 1), seconds=2),
        )
    # one that had no input count, one that nobody else saw, and one of another service
    books.send(
        call(ts=NOON + timedelta(seconds=30), seconds=1, output_tokens=17, provider="anthropic"),
        call(
            ts=NOON + timedelta(seconds=29.9), seconds=2, output_tokens=17, provider="anthropic",
            input_tokens=0, response_id=None, **other("opentelemetry.instrumentation.langchain"),
        ),
        call(ts=NOON, seconds=5, response_id=None, input_tokens=101, **other()),
        call(ts=NOON, seconds=5, response_id=None, service="elsewhere", **other()),
    )  # fmt: skip
    books.refresh()
    found = books.rows(
        "SELECT service, emitter, count() AS calls FROM {db}.calls GROUP BY ALL ORDER BY ALL"
    )
    assert [tuple(line.values()) for line in found] == [
        ("app", "opentelemetry.instrumentation.openai.v1", 1),
        ("app", "tokenboard", 3),
        ("elsewhere", "opentelemetry.instrumentation.openai.v1", 1),
    ]


def test_the_official_telling_goes_before_others(books):
    """Where the official instrumentation stands in for ours, its counts hold, and strays are its call."""
    official = "opentelemetry.instrumentation.genai.openai"
    embedded = {
        "operation": "embeddings",
        "output_tokens": None,
        "response_id": None,
        "trace": TRACE,
    }
    outer = hexid("official", 16)
    books.send(
        call(ts=NOON, seconds=3, span=outer, **embedded, **other(official)),
        call(ts=NOON + timedelta(seconds=1), parent=outer, cache_read=0, **embedded, **other()),
        call(ts=NOON + timedelta(minutes=3, milliseconds=1), seconds=2, **other(official)),
        call(
            ts=NOON + timedelta(minutes=3), seconds=2, response_id=None,
            **other("openinference.instrumentation.openai"),
        ),
    )  # fmt: skip
    books.refresh()
    found = books.rows("SELECT emitter, cache_read_tokens FROM {db}.calls")
    assert [tuple(line.values()) for line in found] == [(official, None)] * 2
