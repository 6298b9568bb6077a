"""What coding agents have on file: every call once, whatever copies there are."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest
from emitters import history
from fakes.canned import Answer, Asked, Canned
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tokenboard.history import claude_code, codex, deliver, spans
from tokenboard.history.turns import Hasher, Tally, session_files


def read(agent, root, *, shuffled=None):
    files = session_files(root)
    if shuffled is not None:
        random.Random(shuffled).shuffle(files)
    tally = Tally()
    turns = agent.turns(files, Hasher(b"key"), tally, lambda _: None)
    return sorted(turns, key=lambda turn: turn.began), tally


@pytest.fixture(scope="module")
def claude(tmp_path_factory):
    return history.claude_sessions(tmp_path_factory.mktemp("claude"))


@pytest.fixture(scope="module")
def codex_root(tmp_path_factory):
    return history.codex_sessions(tmp_path_factory.mktemp("codex"))


@pytest.mark.parametrize("order", range(4))
def test_claude_code_calls_are_there_once_in_any_order(claude, order):
    """Streamed lines, resumed copies and sub-agents' files give each answer once, with its last counts."""
    turns, _ = read(claude_code, claude, shuffled=order)
    assert [
        (t.response_id, t.session, t.input, t.output, t.cache_read, t.cache_write, t.cache_write_1h, t.depth)
        for t in turns
    ] == [
        ("msg_01first", "S1", 1212, 90, 1000, 200, 50, 1),
        ("msg_01second", "S1", 2005, 40, 2000, 0, 0, 1),
        ("msg_01agent", "S1", 503, 25, 0, 500, 125, 2),
        ("msg_01third", "S2", 1212, 7, 1000, 200, 50, 1),
    ]  # fmt: skip


def test_claude_code_says_what_drove_a_call_and_what_it_asked_for(claude):
    """Trigger, tools of all blocks, results, project and times are those of the session."""
    turns, tally = read(claude_code, claude)
    first, second, agent, third = turns
    assert [turn.trigger for turn in turns] == ["user", "tool", "assistant", "user"]
    assert [name for name, _ in first.tools] == ["Bash", "Read"]
    assert len(second.results) == 1
    assert first.request_id == "req_01101first"
    assert (first.began, first.ended) == (history.START, history.START.replace(second=4))
    assert {turn.project for turn in turns} == {"shop"}
    assert agent.finish_reason == ""
    assert third.finish_reason == "end_turn"
    assert (tally.files, tally.broken) == (3, 2)


def test_claude_codes_failed_calls_are_calls(tmp_path):
    """A call that the API refused or that broke off is there once, errored, with its usage unknown."""
    nothing = {"fresh": 0, "read": 0, "written": 0, "model": "<synthetic>", "request": None}
    lost = {"type": "text", "text": "API Error: Connection lost mid-response."}
    busy = {"type": "text", "text": "API Error: 529 Overloaded. This is a server-side issue"}
    limit = {"type": "text", "text": "You've hit your limit"}
    lines = [
        history.user(0, "u1"),
        history.answer(3, "e1", "u1", "6f0c", [busy], 0, isApiErrorMessage=True, **nothing),
        history.user(10, "u2"),
        history.answer(
            14, "e2", "u2", "71ab", [limit], 0, isApiErrorMessage=True, error="rate_limit",
            apiErrorStatus=429, **nothing,
        ),
        history.answer(15, "e3", "u2", "9c00", [lost], 0, isApiErrorMessage=True, **nothing),
    ]  # fmt: skip
    history.write(tmp_path / "S1.jsonl", *lines)
    history.write(tmp_path / "S2.jsonl", *({**line, "sessionId": "S2"} for line in lines))
    turns, tally = read(claude_code, tmp_path)
    assert [(t.error_type, t.http_status, t.model, t.session) for t in turns] == [
        ("529", 529, "", "S1"),
        ("rate_limit", 429, "", "S1"),
        ("error", 0, "", "S1"),
    ]
    assert {(t.input, t.output, t.cache_read, t.response_id, t.provider) for t in turns} == {
        (None, None, None, "", "anthropic")
    }
    assert [(turn.ended - turn.began).total_seconds() for turn in turns] == [3, 4, 5]
    assert tally.copies == 3
    made = spans.request(turns[:1], "claude-code", spans.Owner("al", "login"))
    (span,) = made.resource_spans[0].scope_spans[0].spans
    said = {one.key: one.value for one in span.attributes}
    assert said["error.type"].string_value == "529"
    assert said["http.response.status_code"].int_value == 529
    assert span.status.code == span.status.STATUS_CODE_ERROR
    assert "gen_ai.usage.input_tokens" not in said


def test_gateways_that_number_their_answers_keep_their_calls(tmp_path):
    """Ids that begin anew in each session are no ids of one call; without a request, the session counts."""
    for session in ("G1", "G2"):
        said = {"sessionId": session, "model": "kimi-k2", "request": None}
        history.write(
            tmp_path / f"{session}.jsonl",
            history.user(0, "u", sessionId=session),
            history.answer(1, "a", "u", "chatcmpl-1", [history.TEXT], 5, **said),
            history.answer(1, "b", "a", "chatcmpl-1", [history.TEXT], 5, **said),
        )
    turns, _ = read(claude_code, tmp_path)
    assert [turn.session for turn in turns] == ["G1", "G2"]


@pytest.mark.parametrize("order", range(4))
def test_codex_calls_are_there_once_in_any_order(codex_root, order):
    """Repeated counts, forks that replay and sub-agents that inherit totals give each call once."""
    turns, _ = read(codex, codex_root, shuffled=order)
    assert [(t.session, t.input, t.output, t.cache_read, t.reasoning, t.depth) for t in turns] == [
        ("O", 400, 40, 0, 0, 1),
        ("O", 600, 10, 300, 0, 1),
        ("P", 1000, 50, 0, 20, 1),
        ("P", 1100, 30, 900, 0, 1),
        ("A", 700, 5, 0, 0, 2),
        ("F", 1300, 10, 1000, 0, 1),
    ]


def test_codex_says_what_drove_a_call_and_what_it_asked_for(codex_root):
    """Trigger, tools, model, project and times are those of the thread."""
    turns, _ = read(codex, codex_root)
    of_parent = [turn for turn in turns if turn.session == "P"]
    assert [turn.trigger for turn in of_parent] == ["user", "tool"]
    assert [[name for name, _ in turn.tools] for turn in of_parent] == [["shell"], []]
    assert {(turn.model, turn.provider, turn.project) for turn in turns} == {
        ("gpt-5.1-codex", "openai", "shop")
    }
    assert (of_parent[0].began - history.START).total_seconds() == 1


def test_a_fork_whose_parent_is_gone_counts_its_history_once(tmp_path):
    """Two forks of a thread whose file was removed tell of its calls once between them."""
    history.codex_sessions(tmp_path)
    day = tmp_path / "2026" / "05" / "06"
    fork = day / "rollout-2026-05-06T12-00-00-F.jsonl"
    (day / "rollout-2026-05-06T13-00-00-G.jsonl").write_text(
        fork.read_text().replace('"id": "F"', '"id": "G"')
    )
    for gone in ("10-00-00-P", "10-00-09-A", "08-00-00-O"):
        (day / f"rollout-2026-05-06T{gone}.jsonl").unlink()
    turns, _ = read(codex, tmp_path)
    assert sorted((turn.input, turn.output) for turn in turns) == [
        (1000, 50),
        (1100, 30),
        (1300, 10),
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "payload", "message", "usage", "timestamp", "info", "id", "content",
                     "uuid", "total_token_usage", "last_token_usage", "input_tokens", "source"]
                ),
                inner, max_size=5,
            ),
            max_leaves=12,
        ),
        max_size=5,
    )
)  # fmt: skip
def test_no_content_of_a_file_breaks_the_readers(tmp_path_factory, values):
    """Lines of any JSON whatever give calls or none, never an error."""
    root = tmp_path_factory.mktemp("any")
    kinds = ["user", "assistant", "event_msg", "response_item", "session_meta", "turn_context"]
    rows = [
        json.dumps(
            {"type": kind, "payload": value, "message": value, "timestamp": history.stamp(1)}
        )
        for kind, value in zip(kinds, values, strict=False)
    ]
    history.write(root / "x.jsonl", *rows)
    for agent in (claude_code, codex):
        turns, _ = read(agent, root)
        spans.request(turns, agent.NAME, spans.Owner("al", "login"))


def test_a_collector_that_is_busy_gets_it_again(claude, monkeypatch):
    """With an address given, spans go there as OTLP with the exporter's headers, until they are taken."""
    taken = []

    def answer(asked: Asked) -> Answer:
        if not taken:
            taken.append(None)
            return Answer(b"", status=503)
        request = ExportTraceServiceRequest.FromString(asked.body)
        taken.append((asked.path, asked.headers["authorization"], request))
        return Answer(b"", headers={"content-type": "application/x-protobuf"})

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc")
    turns, _ = read(claude_code, claude)
    owner = spans.Owner("al", "login")
    with Canned(answer) as server, deliver.opened(None, server.url) as books:
        outcome = deliver.deliver(
            turns, "claude-code", owner, books, lambda _: None, timedelta(days=398)
        )
    assert outcome == deliver.Outcome(sent=4)
    path, authorization, request = taken[1]
    assert (path, authorization) == ("/v1/traces", "Bearer abc")
    sent = [
        span
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert sorted(span.name for span in sent) == [f"chat {history.SONNET}"] * 4


def test_what_is_older_than_the_books_is_left_out(claude):
    """Calls beyond the reach of the books are counted apart, not sent."""
    turns, _ = read(claude_code, claude)
    owner = spans.Owner("al", "login")
    with deliver.opened(None, "http://127.0.0.1:9") as books:
        outcome = deliver.deliver(
            turns, "claude-code", owner, books, lambda _: None, timedelta(days=100)
        )
    assert outcome == deliver.Outcome(too_old=4)
