"""aiohttp sessions, and google-genai's async client that uses them, against a local provider."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import json
import threading

import aiohttp
import pytest
import tokenboard
from fakes import bodies
from fakes.canned import Canned, document, events
from fakes.provider import Reply
from google import genai

ASK = {"model": "gpt-test", "messages": bodies.HELLO}
STREAM = {**ASK, "stream": True}
CHUNKS = b"".join(bodies.chat_chunks())


def url(provider):
    return f"{provider.url}/v1/chat/completions"


def usage(span):
    return tuple(
        span.attributes.get(f"gen_ai.usage.{name}") for name in ("input_tokens", "output_tokens")
    )


async def read(response):
    return await response.read()


async def as_json(response):
    return json.dumps(await response.json()).encode()


async def as_text(response):
    return (await response.text()).encode()


async def whole(response):
    return await response.content.read()


async def chunked(response):
    return b"".join([chunk async for chunk in response.content.iter_chunked(7)])


async def any_size(response):
    return b"".join([chunk async for chunk in response.content.iter_any()])


async def as_sent(response):
    return b"".join([chunk async for chunk, _ in response.content.iter_chunks()])


async def lines(response):
    return b"".join([line async for line in response.content])


async def exactly(response):
    found = b""
    with contextlib.suppress(asyncio.IncompleteReadError):
        while True:
            found += await response.content.readexactly(1)
    return found


async def bit_by_bit(response):
    found = b""
    while not response.content.at_eof():
        found += await response.content.read(11)
    return found


WAYS = [read, whole, chunked, any_size, as_sent, lines, exactly, bit_by_bit]


@pytest.mark.parametrize("way", [*WAYS, as_json, as_text])
async def test_a_whole_answer_is_counted_however_it_is_read(provider, books, way):
    """Model, tokens and ids of a JSON answer; the caller reads what was sent."""
    reply = bodies.chat()
    provider.say(reply)
    async with aiohttp.ClientSession() as session, session.post(url(provider), json=ASK) as answer:
        assert await way(answer) == reply.chunks[0]
    span = books.one()
    assert span.name == "chat gpt-test"
    assert usage(span) == (19, 10)
    assert span.attributes["gen_ai.usage.cache_read.input_tokens"] == 8
    assert span.attributes["gen_ai.response.id"] == "chatcmpl-1"
    assert span.attributes["tokenboard.provider_request_id"] == "req_chat"
    assert span.attributes["http.response.status_code"] == 200
    assert "gen_ai.response.time_to_first_chunk" not in span.attributes


@pytest.mark.parametrize("way", WAYS)
async def test_a_stream_is_counted_however_it_is_read(provider, books, way):
    """Usage, finish reason and time to the first chunk of a stream, in every way to read one."""
    provider.say(bodies.chat_stream(pause=0.001))
    async with aiohttp.ClientSession() as session, session.post(url(provider), json=STREAM) as got:
        assert await way(got) == CHUNKS
    span = books.one()
    assert usage(span) == (19, 10)
    assert span.attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert span.attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert span.status.status_code.name == "UNSET"


@pytest.mark.parametrize("unpack", [True, False])
async def test_compressed_answers(provider, books, unpack):
    """A gzip stream in small pieces, unpacked by aiohttp or left packed for the caller."""
    packed = gzip.compress(CHUNKS)
    pieces = [packed[at : at + 37] for at in range(0, len(packed), 37)]
    provider.say(Reply(pieces, headers={**bodies.SSE, "content-encoding": "gzip"}))
    async with (
        aiohttp.ClientSession(auto_decompress=unpack) as session,
        session.post(url(provider), json=STREAM) as got,
    ):
        assert await got.read() == (CHUNKS if unpack else packed)
    assert usage(books.one()) == (19, 10)


@pytest.mark.parametrize(
    "body",
    [
        {"json": ASK},
        {"data": json.dumps(ASK)},
        {"data": json.dumps(ASK).encode()},
        {"data": aiohttp.payload.BytesPayload(json.dumps(ASK).encode())},
    ],
)
async def test_requests_arrive_as_they_were_and_are_read(provider, books, body):
    """However the body is given, the server gets it unchanged and the span has its facts."""
    provider.say(bodies.chat())
    async with aiohttp.ClientSession() as session:
        await (await session.post(url(provider), **body)).read()
    (seen,) = provider.seen
    assert seen.body == json.dumps(ASK).encode()
    assert "traceparent" not in seen.headers
    if "json" in body:
        assert seen.headers["content-type"] == "application/json"
    assert books.one().attributes["tokenboard.trigger"] == "user"
    assert books.one().attributes["tokenboard.request.bytes"] == len(seen.body)


async def test_json_is_written_once_by_the_sessions_own_function(provider, books):
    """A session's json_serialize is used, and called once as without us."""
    calls = []

    def serialize(value):
        calls.append(value)
        return json.dumps(value, indent=1)

    provider.say(bodies.chat())
    async with aiohttp.ClientSession(json_serialize=serialize) as session:
        await (await session.post(url(provider), json=ASK)).read()
    assert provider.seen[0].body == json.dumps(ASK, indent=1).encode()
    assert calls == [ASK]


async def test_base_urls_and_default_headers_of_a_session(provider, books):
    """The URL is put together as aiohttp does, and the session's headers count."""
    provider.say(bodies.chat())
    async with aiohttp.ClientSession(
        provider.url, headers={"X-Stainless-Retry-Count": "2"}
    ) as session:
        await (await session.post("/v1/chat/completions", json=ASK)).read()
    assert books.one().attributes["tokenboard.attempt"] == 3


async def test_errors_of_the_provider(provider, books):
    """A 429 is a failed attempt, whether the caller reads it, ignores it or has it raised."""
    provider.say(bodies.rate_limit())
    async with aiohttp.ClientSession() as session:
        async with session.post(url(provider), json=ASK) as answer:
            await answer.json()
        async with session.post(url(provider), json=ASK) as answer:
            assert answer.status == 429
        with pytest.raises(aiohttp.ClientResponseError) as raised:
            await session.post(url(provider), json=ASK, raise_for_status=True)
    assert raised.value.status == 429
    assert len(books.spans) == 3
    for span in books.spans:
        assert span.attributes["http.response.status_code"] == 429
        assert span.status.status_code.name == "ERROR"
        assert usage(span) == (None, None)
    assert books.spans[0].attributes["error.type"] == "rate_limit_exceeded"
    assert books.spans[2].attributes["error.type"] == "429"


async def test_no_connection(books):
    """A server that is not there: the app's own exception, and a span that names it."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.post("http://127.0.0.1:9/v1/chat/completions", json=ASK)
    assert books.one().attributes["error.type"].startswith("ClientConnector")


async def test_a_torn_connection(provider, books):
    """The server vanishes in mid-stream: the caller's exception, one span, marked as failed."""
    provider.say(Reply(bodies.chat_chunks()[:3], headers=bodies.SSE, cut=True))
    async with aiohttp.ClientSession() as session, session.post(url(provider), json=STREAM) as got:
        with pytest.raises(aiohttp.ClientPayloadError):
            await got.read()
    span = books.one()
    assert span.attributes["error.type"] == "ClientPayloadError"
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)


@pytest.mark.parametrize("ending", ["with", "release", "close", "raise", "garbage"])
async def test_a_stream_that_is_left_early(provider, books, ending):
    """One span, no error: the caller had what it wanted. Its finish reason never came."""
    provider.say(bodies.chat_stream(hold=threading.Event(), chunks=bodies.chat_chunks()[:2]))
    async with aiohttp.ClientSession() as session:
        if ending == "with":
            async with session.post(url(provider), json=STREAM) as answer:
                await answer.content.readline()
        elif ending == "raise":

            async def fail():
                async with session.post(url(provider), json=STREAM) as answer:
                    await answer.content.readline()
                    raise LookupError

            with pytest.raises(LookupError):
                await fail()
        else:
            answer = await session.post(url(provider), json=STREAM)
            await answer.content.readline()
            if ending == "garbage":
                del answer
            else:
                getattr(answer, ending)()
    if ending == "garbage":  # aiohttp itself holds on to a response until its connection is gone
        await asyncio.sleep(0.1)
        gc.collect()
    span = books.one()
    assert "error.type" not in span.attributes
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)


async def test_stopping_at_done_is_a_success(provider, books):
    """As SDKs do: read lines until [DONE], then close, with the connection still open."""
    provider.say(bodies.chat_stream(hold=threading.Event()))
    async with aiohttp.ClientSession() as session, session.post(url(provider), json=STREAM) as got:
        async for line in got.content:
            if line.strip() == b"data: [DONE]":
                break
    span = books.one()
    assert usage(span) == (19, 10)
    assert span.attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert "error.type" not in span.attributes


async def test_what_has_arrived_counts_though_it_was_not_read(provider, books):
    """A caller that only looks at the status has burned its tokens all the same."""
    provider.say(bodies.chat())
    async with aiohttp.ClientSession() as session, session.post(url(provider), json=ASK) as answer:
        assert answer.status == 200
        await asyncio.sleep(0.2)
    assert usage(books.one()) == (19, 10)


async def test_cancelled_while_waiting(provider, books):
    """A task cancelled before the head or in mid-stream: one span that says so, and no delay."""
    provider.say(bodies.chat_stream(hold=threading.Event(), chunks=bodies.chat_chunks()[:2]))

    async def ask():
        async with (
            aiohttp.ClientSession() as session,
            session.post(url(provider), json=STREAM) as got,
        ):
            await got.read()

    task = asyncio.create_task(ask())
    await asyncio.to_thread(provider.held.wait, 10)
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert books.one().attributes["error.type"] == "CancelledError"


async def test_a_reading_with_a_time_limit_may_go_on(provider, books):
    """A reading that the caller gave up is no end of the stream."""
    hold = threading.Event()
    chunks = bodies.chat_chunks()
    with Canned([events_held(chunks, hold)]) as server:
        async with (
            aiohttp.ClientSession() as session,
            session.post(url(server), json=STREAM) as got,
        ):
            found = await got.content.readany()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(got.content.readexactly(10_000), 0.05)
            hold.set()
            found += await got.content.read()
    assert books.one().attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert "error.type" not in books.one().attributes


def events_held(chunks, hold):
    answer = events()
    answer.chunks, answer.hold = chunks, (2, hold)
    return answer


async def test_many_at_a_time(provider, books):
    """Twenty streams at once: twenty spans, each complete, and nothing kept afterwards."""
    from tokenboard.hooks import aiohttp as hook

    provider.say(bodies.chat_stream(pause=0.001))
    async with aiohttp.ClientSession() as session:

        async def ask(n):
            with tokenboard.user(f"u{n}"):
                async with session.post(url(provider), json=STREAM) as answer:
                    return await answer.read()

        assert await asyncio.gather(*(ask(n) for n in range(20))) == [CHUNKS] * 20
    assert {span.attributes["user.id"] for span in books.spans} == {f"u{n}" for n in range(20)}
    assert [usage(span) for span in books.spans] == [(19, 10)] * 20
    gc.collect()
    assert len(hook._underway) == 0


async def test_other_requests_are_left_alone(provider, books):
    """What is no call to a model gets no span and the very objects of aiohttp."""
    provider.say(Reply([b"{}"]))
    async with aiohttp.ClientSession() as session, session.get(f"{provider.url}/v1/models") as got:
        assert await got.json() == {}
        assert type(got.content) is aiohttp.StreamReader
    assert books.spans == ()


async def test_types_look_the_same(provider, books):
    """The reader of a captured answer is a StreamReader, by isinstance and by name."""
    provider.say(bodies.chat())
    async with aiohttp.ClientSession() as session, session.post(url(provider), json=ASK) as got:
        assert isinstance(got.content, aiohttp.StreamReader)
        assert repr(got.content).startswith("<StreamReader")
        assert type(got.content).__module__ == aiohttp.StreamReader.__module__


GEMINI = {
    "responseId": "r-1",
    "modelVersion": "gemini-2.5-flash",
    "candidates": [
        {"content": {"parts": [{"text": "Hello"}], "role": "model"}, "finishReason": "STOP"}
    ],
    "usageMetadata": {
        "promptTokenCount": 7,
        "candidatesTokenCount": 3,
        "thoughtsTokenCount": 5,
        "totalTokenCount": 15,
    },
}
"""https://ai.google.dev/api/generate-content#UsageMetadata: output = candidates + thoughts."""


async def test_google_genai_async(books):
    """The Gemini SDK's async client: a whole answer and a stream, read by the SDK itself."""

    def answer(asked):
        return events(GEMINI, size=31) if "stream" in asked.path else document(GEMINI)

    with Canned(answer) as server:
        client = genai.Client(api_key="k", http_options={"base_url": server.url})
        async with client.aio as aio:
            whole = await aio.models.generate_content(model="gemini-2.5-flash", contents="hi")
            stream = await aio.models.generate_content_stream(
                model="gemini-2.5-flash", contents="hi"
            )
            texts = [part.text async for part in stream]
    assert (whole.text, texts) == ("Hello", ["Hello"])
    assert len(books.spans) == 2
    for span in books.spans:
        assert span.name == "generate_content gemini-2.5-flash"
        assert usage(span) == (7, 8)
        assert span.attributes["gen_ai.response.finish_reasons"] == ("STOP",)


async def test_google_genai_sync_and_async_are_seen_once_each(books):
    """The SDK picks its client by what is installed; each call is on the books once."""
    with Canned([document(GEMINI)]) as server:
        client = genai.Client(api_key="k", http_options={"base_url": server.url})
        client.models.generate_content(model="gemini-2.5-flash", contents="hi")
        await client.aio.models.generate_content(model="gemini-2.5-flash", contents="hi")
        await client.aio.aclose()
    assert len(server.asked) == 2
    assert [usage(span) for span in books.spans] == [(7, 8)] * 2


async def test_openai_over_aiohttp_is_seen_once(provider, books):
    """An httpx client that sends by aiohttp is one call, not two."""
    import httpx2
    import openai

    class Transport(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request):
            async with (
                aiohttp.ClientSession() as session,
                session.post(
                    str(request.url), data=request.content, headers=dict(request.headers)
                ) as got,
            ):
                return httpx2.Response(got.status, content=await got.read())

    provider.say(bodies.chat())
    http = httpx2.AsyncClient(transport=Transport())
    async with openai.AsyncOpenAI(
        api_key="k", base_url=f"{provider.url}/v1", http_client=http
    ) as api:
        await api.chat.completions.create(**ASK)
    assert usage(books.one()) == (19, 10)


async def test_the_guard_stops_it(provider, books):
    """RunawayLoop comes out of an aiohttp call as it is, before anything is sent."""
    provider.say(bodies.chat())
    async with aiohttp.ClientSession() as session:
        with tokenboard.guard(max_calls=1):
            await (await session.post(url(provider), json=ASK)).read()
            with pytest.raises(tokenboard.RunawayLoop):
                await session.post(url(provider), json=ASK)
    assert len(provider.seen) == 1
