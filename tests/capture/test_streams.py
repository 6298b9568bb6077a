"""Streams: read to the end, left early, broken, cancelled, forgotten: always exactly one span."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import logging
import threading
import zlib

import httpx
import httpx2
import pytest
from fakes import bodies
from fakes.provider import Reply
from opentelemetry.trace import StatusCode
from tokenboard import mishap
from tokenboard.hooks import exchange
from tokenboard.wire import openai_chat

HELLO = bodies.HELLO
CHAT = {"model": "gpt-test", "messages": HELLO, "stream": True}


def _good(span):
    assert span.status.status_code is StatusCode.UNSET
    assert "error.type" not in span.attributes
    return span.attributes


def test_a_stream_has_its_counts_and_its_first_chunk(books, provider, openai_client):
    """A stream read to its end is one good span with usage and time to first chunk."""
    provider.say(bodies.chat_stream(pause=0.01))
    text = "".join(
        chunk.choices[0].delta.content or ""
        for chunk in openai_client.chat.completions.create(**CHAT)
        if chunk.choices
    )
    assert text == "Hello there!"
    span = books.one()
    said = _good(span)
    assert said["gen_ai.request.stream"] is True
    assert said["gen_ai.response.finish_reasons"] == ("stop",)
    assert (said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"]) == (19, 10)
    whole = (span.end_time - span.start_time) / 1e9
    assert 0 < said["gen_ai.response.time_to_first_chunk"] < whole
    assert books.points("gen_ai.client.operation.time_to_first_chunk")[0][1] == 1


def test_a_stream_without_usage_is_unknown_not_zero(books, provider, openai_client):
    """OpenAI streams carry no usage unless asked: then the counts are absent."""
    provider.say(bodies.chat_stream(usage=False))
    list(openai_client.chat.completions.create(**CHAT))
    said = _good(books.one())
    assert not [name for name in said if name.startswith("gen_ai.usage")]
    assert books.points("gen_ai.client.token.usage") == []


def test_helpers_that_stream_are_captured(books, provider, openai_client, claude):
    """``.stream()`` of both SDKs gives a span like a plain stream."""
    provider.say(bodies.chat_stream(), bodies.message_stream())
    with openai_client.chat.completions.stream(model="gpt-test", messages=HELLO) as stream:
        stream.until_done()
    with claude.messages.stream(model="claude-test", max_tokens=9, messages=HELLO) as stream:
        assert stream.get_final_text() == "Hello there!"
    ours = _ours(books)
    assert [span.attributes["gen_ai.usage.input_tokens"] for span in ours] == [19, 100]
    assert [span.attributes["gen_ai.usage.output_tokens"] for span in ours] == [10, 12]
    for span in ours:
        _good(span)


async def test_async_streams_are_captured(books, provider, async_openai, async_claude):
    """Async streams and helpers give the same spans."""
    provider.say(bodies.chat_stream(), bodies.message_stream())
    async for _ in await async_openai.chat.completions.create(**CHAT):
        pass
    async with async_claude.messages.stream(
        model="claude-test", max_tokens=9, messages=HELLO
    ) as stream:
        assert await stream.get_final_text() == "Hello there!"
    assert [span.attributes["gen_ai.usage.output_tokens"] for span in _ours(books)] == [10, 12]


def test_raw_and_streaming_responses_are_captured(books, provider, openai_client):
    """``with_raw_response`` and lines read through ``with_streaming_response`` bring usage too."""
    provider.say(bodies.chat(), bodies.chat_stream())
    raw = openai_client.chat.completions.with_raw_response.create(model="gpt-test", messages=HELLO)
    assert raw.parse().id == "chatcmpl-1"
    with openai_client.chat.completions.with_streaming_response.create(**CHAT) as response:
        lines = [line for line in response.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    whole, streamed = books.spans
    assert _good(whole)["gen_ai.usage.input_tokens"] == 19
    assert _good(streamed)["gen_ai.usage.input_tokens"] == 19


@pytest.mark.parametrize("how", ["iter_raw", "iter_bytes", "iter_text", "iter_lines", "read"])
@pytest.mark.parametrize("module", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_every_way_to_read_a_response(books, provider, module, how):
    """However the caller reads a streamed response, its usage is found."""
    provider.say(bodies.chat_stream())
    url = f"{provider.url}/v1/chat/completions"
    with module.stream("POST", url, json=CHAT) as response:
        read = getattr(response, how)()
        if how != "read":
            list(read)
    assert _good(books.one())["gen_ai.usage.input_tokens"] == 19


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compressed_streams(books, provider, openai_client, coding):
    """A compressed stream, cut anywhere, is read along all the same."""
    plain = b"".join(bodies.chat_chunks())
    packed = gzip.compress(plain) if coding == "gzip" else zlib.compress(plain)
    pieces = [packed[n : n + 37] for n in range(0, len(packed), 37)]
    provider.say(Reply(pieces, headers={**bodies.SSE, "content-encoding": coding}))
    assert len(list(openai_client.chat.completions.create(**CHAT))) == 6
    assert _good(books.one())["gen_ai.usage.output_tokens"] == 10


def test_a_stream_that_is_closed_early(books, provider, openai_client):
    """Closing early is the caller's right: no error, and no finish reason but "error"."""
    provider.say(bodies.chat_stream(hold=threading.Event()))
    with openai_client.chat.completions.create(**CHAT) as stream:
        next(iter(stream))
    said = _good(books.one())
    assert said["gen_ai.response.finish_reasons"] == ("error",)
    assert "gen_ai.usage.input_tokens" not in said


def test_an_exception_in_the_callers_loop_passes_as_it_is(books, provider, openai_client):
    """What the caller raises within its own loop is its own affair: one span, no error."""
    provider.say(bodies.chat_stream())
    boom = ValueError("the caller's own")

    def use():
        with openai_client.chat.completions.create(**CHAT) as stream:
            for _ in stream:
                raise boom

    with pytest.raises(ValueError) as caught:
        use()
    assert caught.value is boom
    _good(books.one())


def test_a_forgotten_iterator_is_written_down_when_it_is_collected(books, provider, openai_client):
    """A stream that is dropped half-read gives its span when the garbage collector finds it."""
    provider.say(bodies.chat_stream())
    stream = openai_client.chat.completions.create(**CHAT)
    next(stream)
    assert books.spans == ()
    del stream
    gc.collect()
    assert _good(books.one())["gen_ai.response.finish_reasons"] == ("error",)


def test_a_response_that_nobody_ever_reads(books, provider):
    """A streamed response that is dropped unread gives its span too."""
    provider.say(bodies.chat_stream())
    client = httpx2.Client()
    request = client.build_request("POST", f"{provider.url}/v1/chat/completions", json=CHAT)
    response = client.send(request, stream=True)
    del response
    gc.collect()
    assert books.one().attributes["http.response.status_code"] == 200
    client.close()


def test_collection_inside_the_sdk_ends_the_call_elsewhere(books, provider, monkeypatch):
    """Garbage collected while OpenTelemetry holds a lock must not deadlock: another thread ends it."""
    provider.say(bodies.chat_stream())
    client = httpx2.Client()
    request = client.build_request("POST", f"{provider.url}/v1/chat/completions", json=CHAT)
    held = [client.send(request, stream=True)]
    enders = []
    ended = threading.Event()
    real = exchange.Exchange.end

    def spy(self, *args, **kwargs):
        enders.append(threading.get_ident())
        real(self, *args, **kwargs)
        ended.set()

    monkeypatch.setattr(exchange.Exchange, "end", spy)
    code = compile("held.clear(); gc.collect()", "sdk", "exec")
    exec(code, {"__name__": "opentelemetry.sdk.metrics", "held": held, "gc": gc})
    assert ended.wait(10)
    assert len(books.spans) == 1
    assert enders[0] != threading.get_ident()
    client.close()


def test_a_connection_that_is_cut_in_mid_stream(books, provider):
    """A stream that breaks off is an error by the exception's class, and the caller sees it as is."""
    provider.say(bodies.chat_stream(cut=True, chunks=bodies.chat_chunks()[:3]))
    url = f"{provider.url}/v1/chat/completions"
    with (
        httpx2.stream("POST", url, json=CHAT) as response,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        response.read()
    span = books.one()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "RemoteProtocolError"
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)


def test_a_stream_that_ends_before_its_end(books, provider, openai_client):
    """A stream that the server ends without finish reason or end mark is marked incomplete."""
    provider.say(bodies.chat_stream(chunks=bodies.chat_chunks()[:3]))
    assert len(list(openai_client.chat.completions.create(**CHAT))) == 3
    span = books.one()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "incomplete"


def test_a_stream_in_which_nothing_comes(books, provider, openai_client):
    """An answer without a byte is no error of ours to name: only its end is missing."""
    provider.say(bodies.chat_stream(chunks=[]))
    assert list(openai_client.chat.completions.create(**CHAT)) == []
    span = books.one()
    assert "error.type" not in span.attributes
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)


def test_an_answer_that_cannot_be_read_is_told_once_and_still_a_call(
    books, provider, openai_client, monkeypatch, caplog
):
    """What goes wrong while bytes are read is logged, once, and the app has its answer."""
    elsewhere = logging.getLogger("elsewhere")
    monkeypatch.setattr(mishap, "logger", elsewhere)
    monkeypatch.setattr(openai_chat, "read_usage", lambda body: 1 / 0)
    for _ in range(2):
        provider.say(bodies.chat())
        openai_client.chat.completions.create(model="gpt-test", messages=HELLO)
    assert len(books.spans) == 2
    (record,) = [each for each in caplog.records if each.name == "elsewhere"]
    assert "internal error while reading a value" in record.getMessage()


async def test_a_cancelled_stream(books, provider, async_openai):
    """A task that is cancelled while it waits for a chunk leaves one span, and is cancelled."""
    provider.say(bodies.chat_stream(chunks=bodies.chat_chunks()[:2], hold=threading.Event()))

    async def read():
        async for _ in await async_openai.chat.completions.create(**CHAT):
            pass

    task = asyncio.create_task(read())
    await asyncio.to_thread(provider.held.wait, 10)
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    span = books.one()
    assert span.attributes["error.type"] == "CancelledError"
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)


async def test_a_call_cancelled_before_its_answer(books, provider, async_openai):
    """A call that is cancelled while it waits for the answer's head leaves one span."""
    provider.say(bodies.chat_stream(chunks=[], hold=threading.Event()))
    with pytest.raises(asyncio.TimeoutError):
        async with asyncio.timeout(0.2):
            await async_openai.chat.completions.create(model="gpt-test", messages=HELLO)
    assert books.one().attributes["error.type"] == "CancelledError"


async def test_an_async_generator_left_early(books, provider, async_openai):
    """Leaving an ``async for`` early and closing gives one span, and no complaint of the loop."""
    provider.say(bodies.chat_stream(hold=threading.Event()))
    stream = await async_openai.chat.completions.create(**CHAT)
    async for _ in stream:
        break
    await stream.close()
    _good(books.one())


async def test_many_at_once(books, provider, async_openai):
    """Twenty concurrent streams are twenty spans, each a root of its own."""
    provider.say(bodies.chat_stream(pause=0.001))

    async def read():
        stream = await async_openai.chat.completions.create(**CHAT)
        return [chunk async for chunk in stream]

    answers = await asyncio.gather(*(read() for _ in range(20)))
    assert {len(answer) for answer in answers} == {6}
    assert len(books.spans) == 20
    assert all(span.parent is None for span in books.spans)
    assert {span.attributes["gen_ai.usage.output_tokens"] for span in books.spans} == {10}


@pytest.mark.parametrize("module", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_an_event_hook_that_reads_the_answer_first(books, provider, module):
    """Where the app's own event hook has read a streamed answer, its usage is found all the same."""
    provider.say(bodies.chat_stream())
    client = module.Client(event_hooks={"response": [lambda response: response.read()]})
    url = f"{provider.url}/v1/chat/completions"
    with client, client.stream("POST", url, json=CHAT) as response:
        list(response.iter_lines())
    assert _good(books.one())["gen_ai.usage.input_tokens"] == 19


def test_the_stream_still_knows_its_time(books, provider):
    """``response.elapsed`` works as without capture."""
    provider.say(bodies.chat_stream(pause=0.005))
    with httpx2.stream("POST", f"{provider.url}/v1/chat/completions", json=CHAT) as response:
        with pytest.raises(RuntimeError):
            _ = response.elapsed
        response.read()
    assert response.elapsed.total_seconds() >= 0.03
    assert response.num_bytes_downloaded == len(b"".join(bodies.chat_chunks()))


def test_closing_errors_pass_through(books):
    """An error from the transport's own ``close`` reaches the caller, and the span is there."""

    class Stream(httpx2.SyncByteStream):
        def __iter__(self):
            yield from bodies.chat_chunks()

        def close(self):
            raise OSError("close failed")

    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Stream()))
    client = httpx2.Client(transport=transport)
    request = client.build_request("POST", "https://api.openai.com/v1/chat/completions", json=CHAT)
    response = client.send(request, stream=True)
    with contextlib.suppress(OSError):
        list(response.iter_raw())
    assert len(books.spans) == 1


def _ours(books):
    # The newest anthropic SDK emits a span of its own beside ours.
    return [span for span in books.spans if span.instrumentation_scope.name == "tokenboard"]
