"""The app cannot tell that capture is on: same results, same bytes, same objects, same errors."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import pickle
import re

import httpx
import httpx2
import pytest
import tokenboard
from fakes import bodies
from fakes.provider import Provider, Reply
from tokenboard.hooks import patch

HELLO = bodies.HELLO
CHAT = {"model": "gpt-test", "messages": HELLO}
MESSAGE = {"model": "claude-test", "max_tokens": 9, "messages": HELLO}


def _json(client, claude):
    yield client.chat.completions.create(**CHAT).to_dict()
    yield claude.messages.create(**MESSAGE).to_dict()


def _streams(client, claude):
    for chunk in client.chat.completions.create(**CHAT, stream=True):
        yield chunk.to_dict()
    for event in claude.messages.create(**MESSAGE, stream=True):
        yield event.to_dict()


def _helpers(client, claude):
    with client.chat.completions.stream(**CHAT) as stream:
        for event in stream:
            yield event.type
        yield stream.get_final_completion().to_dict()
    with claude.messages.stream(**MESSAGE) as stream:
        for event in stream:
            yield event.type
        yield stream.get_final_message().to_dict()


def _raw(client, claude):
    raw = client.chat.completions.with_raw_response.create(**CHAT)
    yield raw.status_code, raw.content, type(raw.http_response), list(raw.headers)
    with claude.messages.with_streaming_response.create(**MESSAGE, stream=True) as response:
        yield from response.iter_bytes(7)


def _errors(client, claude):
    for call in (
        lambda: client.with_options(max_retries=1).chat.completions.create(**CHAT),
        lambda: claude.with_options(max_retries=0).messages.create(**MESSAGE),
    ):
        try:
            call()
        except Exception as error:
            yield type(error), str(error), type(error.__cause__), type(error.__context__)


SCRIPTS = {
    "json": (_json, [bodies.chat(), bodies.message()]),
    "streams": (_streams, [bodies.chat_stream(), bodies.message_stream()]),
    "helpers": (_helpers, [bodies.chat_stream(), bodies.message_stream()]),
    "raw": (_raw, [bodies.chat(), bodies.message_stream()]),
    "errors": (_errors, [bodies.rate_limit(), bodies.rate_limit(), bodies.overloaded()]),
}


def _play(name):
    """Run a script against a fresh provider: what the caller got, and what went over the wire."""
    import anthropic
    import openai

    script, replies = SCRIPTS[name]
    with Provider() as provider:
        provider.say(*(dataclasses.replace(reply) for reply in replies))
        client = openai.OpenAI(api_key="k", base_url=f"{provider.url}/v1")
        claude = anthropic.Anthropic(api_key="k", base_url=provider.url)
        with client, claude:
            got = [_plain(each) for each in script(client, claude)]
        sent = [
            (seen.method, seen.path, _stable(seen.headers), seen.body) for seen in provider.seen
        ]
    return got, sent


def _plain(value):
    return re.sub(r"'date', |127\.0\.0\.1:\d+", "", repr(value))


def _stable(headers):
    return {
        name: value for name, value in headers.items() if name not in {"host", "idempotency-key"}
    }


@pytest.mark.parametrize("name", SCRIPTS)
def test_results_and_bytes_are_the_same(unhooked, monkeypatch, name):
    """What the SDKs return and send is the same, with capture and without."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    without = _play(name)
    tokenboard.init(http_spans="none")
    assert patch.is_in(httpx2.Client.send)
    with tokenboard.user("ada"), tokenboard.agent("planner"):
        assert _play(name) == without


@pytest.mark.parametrize("module", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_the_response_is_the_clients_own(books, module):
    """The object that the transport made is the object that the caller gets."""
    made = []

    def answer(request):
        made.append(module.Response(200, content=bodies.chat().chunks[0]))
        return made[-1]

    with module.Client(transport=module.MockTransport(answer)) as client:
        got = client.post("https://api.openai.com/v1/chat/completions", json=CHAT)
    assert got is made[0]
    assert len(books.spans) == 1


@pytest.mark.parametrize("module", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_exceptions_are_the_very_same(books, module):
    """What a transport raises arrives as the same object, with nothing hung onto it."""
    boom = module.ConnectTimeout("too slow")

    def refuse(request):
        raise boom

    client = module.Client(transport=module.MockTransport(refuse))
    with client, pytest.raises(module.ConnectTimeout) as caught:
        client.post("https://api.openai.com/v1/chat/completions", json=CHAT)
    assert caught.value is boom
    assert boom.__cause__ is None
    assert boom.__context__ is None


@pytest.mark.parametrize("module", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_send_looks_as_it_did(books, module):
    """Signature, name, docs and kind of ``send`` are unchanged."""
    original = module.Client.send.__wrapped__
    assert inspect.signature(module.Client.send) == inspect.signature(original)
    assert module.Client.send.__name__ == "send"
    assert module.Client.send.__doc__ == original.__doc__
    assert inspect.iscoroutinefunction(module.AsyncClient.send)


def test_hooking_twice_and_unhooking(unhooked):
    """A second ``init()`` changes nothing, and ``send`` can be had back."""
    before = httpx2.Client.send
    tokenboard.init()
    once = httpx2.Client.send
    tokenboard.init(user="ada")
    assert httpx2.Client.send is once
    assert once is not before
    from tokenboard import setup

    setup.stop()
    assert httpx2.Client.send is before


def test_a_wrapper_that_came_later_is_left_in_place(unhooked, monkeypatch):
    """Where another library has wrapped ``send`` after us, unhooking leaves its wrapper alone."""
    from tokenboard import export, setup

    tokenboard.init(http_spans="none")
    ours = httpx2.Client.send

    @functools.wraps(ours)
    def theirs(self, request, **kwargs):
        return ours(self, request, **kwargs)

    monkeypatch.setattr(httpx2.Client, "send", theirs)
    setup.stop()
    assert httpx2.Client.send is theirs
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json={}))
    with httpx2.Client(transport=transport) as client:
        client.post("https://api.openai.com/v1/chat/completions", json=CHAT)
    assert export._providers is None
    monkeypatch.undo()
    httpx2.Client.send = patch.original(ours)


def test_responses_can_still_be_pickled(books, provider):
    """A streamed response that was read can be pickled as before."""
    provider.say(Reply(bodies.chat_chunks(), headers=bodies.SSE))
    with httpx2.stream("POST", f"{provider.url}/v1/chat/completions", json=CHAT) as response:
        response.read()
    assert pickle.loads(pickle.dumps(response)).content == response.content
