"""Retries, errors and refusals: every attempt is on the books, and costs what it cost."""

from __future__ import annotations

import json

import anthropic
import httpx2
import openai
import pytest
from fakes import bodies
from fakes.provider import Reply
from opentelemetry.trace import StatusCode

HELLO = bodies.HELLO


def _ours(books):
    # The newest anthropic SDK emits a span of its own beside ours.
    return [span for span in books.spans if span.instrumentation_scope.name == "tokenboard"]


def test_every_attempt_is_a_span(books, provider, openai_client):
    """Two refusals and a success are three spans, numbered; only the last has usage."""
    provider.say(bodies.rate_limit(), bodies.rate_limit(), bodies.chat())
    answer = openai_client.chat.completions.create(model="gpt-test", messages=HELLO)
    assert answer.usage.prompt_tokens == 19
    first, second, third = (span.attributes for span in books.spans)
    assert [each["tokenboard.attempt"] for each in (first, second, third)] == [1, 2, 3]
    for refused in (first, second):
        assert refused["error.type"] == "rate_limit_exceeded"
        assert refused["http.response.status_code"] == 429
        assert not [name for name in refused if name.startswith("gen_ai.usage")]
    assert third["gen_ai.usage.input_tokens"] == 19
    assert "error.type" not in third
    states = [span.status.status_code for span in books.spans]
    assert states == [StatusCode.ERROR, StatusCode.ERROR, StatusCode.UNSET]
    prompts = {each["tokenboard.prompt.hash"] for each in (first, second, third)}
    assert len(prompts) == 1
    (_, count, total), _ = books.points("gen_ai.client.token.usage")
    assert (count, total) == (1, 19)
    errors = {
        attributes.get("error.type"): count
        for attributes, count, _ in books.points("gen_ai.client.operation.duration")
    }
    assert errors == {"rate_limit_exceeded": 2, None: 1}


async def test_attempts_of_async_streams(books, provider, async_openai):
    """A refused attempt at a stream, whose body the SDK never reads, is an error span as well."""
    provider.say(bodies.rate_limit(), bodies.chat_stream())
    stream = await async_openai.chat.completions.create(
        model="gpt-test", messages=HELLO, stream=True
    )
    assert len([chunk async for chunk in stream]) == 6
    refused, done = books.spans
    assert refused.status.status_code is StatusCode.ERROR
    assert refused.attributes["http.response.status_code"] == 429
    assert refused.attributes["error.type"] in {"rate_limit_exceeded", "429"}
    assert done.attributes["tokenboard.attempt"] == 2
    assert done.attributes["gen_ai.usage.output_tokens"] == 10


def test_overload_costs_nothing(books, provider, claude):
    """Anthropic's overload answer carries its own name and no usage; the caller gets its error."""
    provider.say(bodies.overloaded())
    with pytest.raises(anthropic.APIStatusError) as caught:
        claude.with_options(max_retries=0).messages.create(
            model="claude-test", max_tokens=9, messages=HELLO
        )
    assert caught.value.status_code == 529
    (span,) = _ours(books)
    assert span.attributes["error.type"] == "overloaded_error"
    assert not [name for name in span.attributes if name.startswith("gen_ai.usage")]


def test_an_error_body_that_is_no_json(books, provider, openai_client):
    """A gateway's HTML page is an error by its status."""
    page = b"<html><body>502 Bad Gateway</body></html>"
    provider.say(Reply([page], status=502, headers={"content-type": "text/html"}))
    with pytest.raises(openai.InternalServerError):
        openai_client.with_options(max_retries=0).chat.completions.create(
            model="gpt-test", messages=HELLO
        )
    assert books.one().attributes["error.type"] == "502"


def test_malformed_json_reaches_the_caller(books, provider, openai_client):
    """A 200 with a body that is no JSON is the SDK's problem as ever; the span has no usage."""
    provider.say(Reply([b'{"id": "chatcmpl-1", "usage": {"prompt_to']))
    with pytest.raises(json.JSONDecodeError):
        openai_client.chat.completions.create(model="gpt-test", messages=HELLO)
    said = books.one().attributes
    assert not [name for name in said if name.startswith("gen_ai.usage")]


def test_a_server_that_is_not_there(books):
    """A refused connection is an error by the exception's class, and the exception is the SDK's."""
    client = openai.OpenAI(api_key="k", base_url="http://127.0.0.1:9/v1", max_retries=1)
    with pytest.raises(openai.APIConnectionError) as caught:
        client.chat.completions.create(model="gpt-test", messages=HELLO)
    assert isinstance(caught.value.__cause__, httpx2.ConnectError)
    assert [span.attributes["error.type"] for span in books.spans] == ["ConnectError"] * 2
    assert [span.attributes["tokenboard.attempt"] for span in books.spans] == [1, 2]
    assert "http.response.status_code" not in books.spans[0].attributes


def test_a_timeout(books, provider, openai_client):
    """A read timeout is an error by the exception's class."""
    import threading

    provider.say(Reply([], hold=threading.Event()))
    with pytest.raises(openai.APITimeoutError):
        openai_client.with_options(max_retries=0, timeout=0.2).chat.completions.create(
            model="gpt-test", messages=HELLO
        )
    assert books.one().attributes["error.type"] == "ReadTimeout"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/messages/count_tokens"),
        ("POST", "/v1/messages/batches"),
        ("POST", "/v1/files"),
        ("GET", "/v1/models"),
        ("POST", "/v1/responses/resp_1/cancel"),
        ("GET", "/somewhere/else"),
    ],
)
def test_what_is_no_call_is_not_captured(books, provider, method, path):
    """Token counts, batches, files, model lists and everything else leave no span of ours."""
    provider.say(bodies.chat())
    httpx2.request(method, provider.url + path, json={"model": "m", "messages": HELLO})
    assert books.spans == ()


def test_a_request_whose_body_is_generated(books, provider):
    """A request body that is generated while it is sent is left alone and sent as it is."""
    provider.say(bodies.chat())
    body = json.dumps({"model": "gpt-test", "messages": HELLO}).encode()
    answer = httpx2.post(
        f"{provider.url}/v1/chat/completions",
        content=(body[n : n + 10] for n in range(0, len(body), 10)),
    )
    assert answer.json()["id"] == "chatcmpl-1"
    assert provider.seen[0].headers["transfer-encoding"] == "chunked"
