"""Calls made with the real SDKs become spans and metrics."""

from __future__ import annotations

import httpx2
import pytest
import tokenboard
from fakes import bodies
from opentelemetry.trace import SpanKind, StatusCode

HELLO = bodies.HELLO


def test_a_chat_completion_is_one_span_with_everything_the_provider_said(
    books, provider, openai_client
):
    """A chat completion is one CLIENT span by the conventions, with exact counts."""
    provider.say(bodies.chat())
    openai_client.chat.completions.create(
        model="gpt-test", messages=HELLO, temperature=0.5, max_tokens=50, user="customer-7"
    )
    span = books.one()
    assert span.name == "chat gpt-test"
    assert span.kind is SpanKind.CLIENT
    assert span.status.status_code is StatusCode.UNSET
    assert span.instrumentation_scope.name == "tokenboard"
    said = dict(span.attributes)
    body = provider.seen[0].body
    hashes = [said.pop(name) for name in ("tokenboard.conversation", "tokenboard.prompt.hash")]
    assert all(len(each) == 16 and int(each, 16) >= 0 for each in hashes)
    assert said == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-test",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 50,
        "gen_ai.response.model": "gpt-test-2026-01-01",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 19,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 8,
        "gen_ai.usage.reasoning.output_tokens": 4,
        "tokenboard.service_tier": "default",
        "tokenboard.provider_request_id": "req_chat",
        "tokenboard.attempt": 1,
        "tokenboard.end_user.id": "customer-7",
        "tokenboard.trigger": "user",
        "tokenboard.request.messages": 1,
        "tokenboard.request.bytes": len(body),
        "tokenboard.user.source": "none",
        "server.address": "127.0.0.1",
        "server.port": int(provider.url.rpartition(":")[2]),
        "http.response.status_code": 200,
    }


def test_a_message_counts_cached_tokens_as_input(books, provider, claude):
    """Anthropic's cache reads and writes are added to the input, as the conventions say."""
    provider.say(bodies.message())
    claude.messages.create(model="claude-test", max_tokens=50, messages=HELLO)
    said = _ours(books)[0].attributes
    assert said["gen_ai.provider.name"] == "anthropic"
    assert said["gen_ai.usage.input_tokens"] == 100
    assert said["gen_ai.usage.cache_read.input_tokens"] == 60
    assert said["gen_ai.usage.cache_write.input_tokens"] == 30
    assert said["gen_ai.usage.output_tokens"] == 12
    assert said["gen_ai.response.finish_reasons"] == ("end_turn",)
    assert said["tokenboard.provider_request_id"] == "req_message"


def test_a_response_is_a_chat(books, provider, openai_client):
    """OpenAI's Responses API is captured like a chat."""
    provider.say(bodies.responses())
    openai_client.responses.create(model="gpt-test", input="Say hello.")
    said = books.one().attributes
    assert said["gen_ai.response.id"] == "resp_1"
    assert said["gen_ai.usage.input_tokens"] == 36
    assert said["gen_ai.usage.cache_read.input_tokens"] == 20
    assert said["gen_ai.usage.output_tokens"] == 87
    assert said["gen_ai.usage.reasoning.output_tokens"] == 64


async def test_async_clients_are_captured_alike(books, provider, async_openai, async_claude):
    """The async SDKs give the same spans."""
    provider.say(bodies.chat(), bodies.message())
    await async_openai.chat.completions.create(model="gpt-test", messages=HELLO)
    await async_claude.messages.create(model="claude-test", max_tokens=50, messages=HELLO)
    counts = [
        (
            span.attributes["gen_ai.usage.input_tokens"],
            span.attributes["gen_ai.usage.output_tokens"],
        )
        for span in _ours(books)
    ]
    assert counts == [(19, 10), (100, 12)]


def test_metrics_carry_user_and_team(books, provider, openai_client):
    """Token usage and duration are histograms by user, team and model."""
    provider.say(bodies.chat())
    with tokenboard.user("ada", team="search"):
        openai_client.chat.completions.create(model="gpt-test", messages=HELLO)
        openai_client.chat.completions.create(model="gpt-test", messages=HELLO)
    labels = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-test",
        "gen_ai.response.model": "gpt-test-2026-01-01",
        "server.address": "127.0.0.1",
        "user.id": "ada",
        "tokenboard.team": "search",
    }
    assert books.points("gen_ai.client.token.usage") == [
        ({**labels, "gen_ai.token.type": "input"}, 2, 38),
        ({**labels, "gen_ai.token.type": "output"}, 2, 20),
    ]
    ((attributes, count, seconds),) = books.points("gen_ai.client.operation.duration")
    assert attributes == labels
    assert count == 2
    total = sum(span.end_time - span.start_time for span in books.spans) / 1e9
    assert seconds == pytest.approx(total, rel=0.05)


def test_metrics_stay_bounded_whoever_calls(books, provider, openai_client):
    """The 1,001st user of a process shares one series with all that follow."""
    provider.say(bodies.chat())
    seen = [f"user-{n}" for n in range(1_000)]
    from tokenboard import meters

    meters._NAMED["user.id"]._seen.update(seen)
    for name in ("user-5", "late-1", "late-2"):
        with tokenboard.user(name):
            openai_client.chat.completions.create(model="gpt-test", messages=HELLO)
    users = {
        attributes["user.id"]: count
        for attributes, count, _ in books.points("gen_ai.client.operation.duration")
    }
    assert users == {"user-5": 1, "_other": 2}
    assert [span.attributes["user.id"] for span in books.spans] == ["user-5", "late-1", "late-2"]


def test_no_measurement_is_lost_however_many_wait(books):
    """Measurements wait until they are collected; more than may wait are all counted, once."""
    body = bodies.chat().chunks[0]
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=body))
    with httpx2.Client(transport=transport) as client:
        for n in range(4_100):
            client.post(
                "https://api.openai.com/v1/chat/completions", json={"model": "m", "messages": []}
            )
            if n == 50:
                books.reader.collect()
    ((_, count, _),) = books.points("gen_ai.client.operation.duration")
    assert count == 4_100
    assert [each[1:] for each in books.points("gen_ai.client.token.usage")] == [
        (4_100, 4_100 * 19),
        (4_100, 4_100 * 10),
    ]
    names = {metric.name for metric in _metrics(books)}
    assert names <= {"gen_ai.client.token.usage", "gen_ai.client.operation.duration"}


def test_no_trace_headers_go_to_the_provider(books, provider, openai_client, claude):
    """Nothing that identifies a trace or a user is sent to the provider."""
    provider.say(bodies.chat(), bodies.message())
    with tokenboard.user("ada"), tokenboard.agent("planner"):
        openai_client.chat.completions.create(model="gpt-test", messages=HELLO)
        claude.messages.create(model="claude-test", max_tokens=9, messages=HELLO)
    for seen in provider.seen:
        assert not {"traceparent", "tracestate", "baggage"} & set(seen.headers)
        assert "ada" not in str(seen.headers)


def _ours(books):
    # The newest anthropic SDK emits a span of its own beside ours.
    return [span for span in books.spans if span.instrumentation_scope.name == "tokenboard"]


def _metrics(books):
    data = books.reader.get_metrics_data()
    return [
        metric
        for resource in (data.resource_metrics if data else [])
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]
