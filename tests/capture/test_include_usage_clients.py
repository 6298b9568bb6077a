"""Usage asked for behind the app's back by aiohttp, requests and urllib3: byte for byte as without."""

from __future__ import annotations

import json

import aiohttp
import pytest
import requests
import tokenboard
import urllib3
from capture.streamed import serve, stream, usage
from fakes import bodies
from fakes.canned import Answer, Canned, document
from tokenboard.hooks import include_usage

ASK = {"model": "gpt-test", "messages": bodies.HELLO, "stream": True}
EXPECTED = b"".join(stream(asked=False))


@pytest.fixture(autouse=True)
def asking(books):
    tokenboard.init(inject_usage=True)
    include_usage._refusing.clear()


def url(server):
    return f"{server.url}/v1/chat/completions"


def by_requests(server, read):
    with requests.post(url(server), json=ASK, stream=True) as answer:
        return read(answer)


SYNC = {
    "requests content": lambda s: by_requests(s, lambda a: a.content),
    "requests chunks": lambda s: by_requests(s, lambda a: b"".join(a.iter_content(7))),
    "requests as it comes": lambda s: by_requests(s, lambda a: b"".join(a.iter_content(None))),
    "requests lines": lambda s: by_requests(
        s, lambda a: b"".join(line + b"\n" for line in a.iter_lines())
    ),
    "requests raw": lambda s: by_requests(s, lambda a: a.raw.read()),
    "requests raw bits": lambda s: by_requests(
        s, lambda a: b"".join(iter(lambda: a.raw.read(11), b""))
    ),
    "urllib3": lambda s: urllib3.PoolManager().request("POST", url(s), json=ASK).data,
    "urllib3 stream": lambda s: b"".join(
        urllib3.PoolManager().request("POST", url(s), json=ASK, preload_content=False).stream(9)
    ),
    "urllib3 lines": lambda s: b"".join(
        urllib3.PoolManager().request("POST", url(s), json=ASK, preload_content=False)
    ),
    "urllib3 read1": lambda s: read1(
        urllib3.PoolManager().request("POST", url(s), json=ASK, preload_content=False)
    ),
    "urllib3 later": lambda s: (
        urllib3.PoolManager().request("POST", url(s), json=ASK, preload_content=False).data
    ),
}


def read1(answer):
    return b"".join(iter(lambda: answer.read1(64), b""))


@pytest.mark.parametrize("how", SYNC)
def test_the_bytes_are_those_of_the_apps_own_request(books, how):
    """However requests and urllib3 are read; the usage is on the books."""
    with serve() as server:
        assert SYNC[how](server) == EXPECTED
    assert server.asked[0].json["stream_options"] == {"include_usage": True}
    assert usage(books.one()) == (19, 10)
    assert books.one().attributes["gen_ai.response.finish_reasons"] == ("stop",)


async def pieces(chunks):
    return b"".join([chunk async for chunk in chunks])


ASYNC = {
    "read": lambda answer: answer.read(),
    "any": lambda answer: pieces(answer.content.iter_any()),
    "chunked": lambda answer: pieces(answer.content.iter_chunked(7)),
    "lines": lambda answer: pieces(answer.content),
}


@pytest.mark.parametrize("how", ASYNC)
@pytest.mark.parametrize("sent", ["json", "data"])
async def test_aiohttp_reads_the_bytes_of_the_apps_own_request(books, how, sent):
    """However the body is written and the answer read; the usage is on the books."""
    written = {"json": ASK} if sent == "json" else {"data": json.dumps(ASK)}
    with serve() as server:
        async with (
            aiohttp.ClientSession() as session,
            session.post(url(server), **written) as answer,
        ):
            assert await ASYNC[how](answer) == EXPECTED
    (asked,) = server.asked
    assert asked.json == {**ASK, "stream_options": {"include_usage": True}}
    assert asked.headers["content-type"].startswith(
        "application/json" if sent == "json" else "text/plain"
    )
    assert usage(books.one()) == (19, 10)


async def test_aiohttp_chunks_that_end_with_the_connections(books):
    """Each piece of the network's is handed on once, the one with the usage not at all."""
    with serve() as server:
        async with aiohttp.ClientSession() as session, session.post(url(server), json=ASK) as a:
            found = [data async for data, _ in a.content.iter_chunks()]
    assert b"".join(found) == EXPECTED
    assert usage(books.one()) == (19, 10)


async def test_aiohttp_left_at_the_end_marker(books):
    """A reader that stops at [DONE], as SDKs do, has its usage booked all the same."""
    with serve() as server:
        async with aiohttp.ClientSession() as session, session.post(url(server), json=ASK) as a:
            async for line in a.content:
                if line.startswith(b"data: [DONE]"):
                    break
    assert usage(books.one()) == (19, 10)


def refuse(asked):
    if "stream_options" in asked.json:
        return document({"detail": "Extra inputs are not permitted"}, status=422)
    return Answer(chunks=stream(asked=False), headers=bodies.SSE)


def test_requests_asks_again_where_the_option_is_refused(books):
    """The app sees its own request's answer, and the server is not asked twice in vain."""
    with Canned(refuse) as server:
        for _ in range(2):
            assert by_requests(server, lambda answer: answer.content) == EXPECTED
    assert ["stream_options" in asked.json for asked in server.asked] == [True, False, False]
    assert all("error.type" not in span.attributes for span in books.spans)


@pytest.mark.parametrize("raises", [False, True])
async def test_aiohttp_asks_again_where_the_option_is_refused(books, raises):
    """The same, also in a session that raises for a bad status."""
    with Canned(refuse) as server:
        async with aiohttp.ClientSession(raise_for_status=raises) as session:
            for _ in range(2):
                async with session.post(url(server), json=ASK) as answer:
                    assert await answer.read() == EXPECTED
    assert ["stream_options" in asked.json for asked in server.asked] == [True, False, False]
    assert all("error.type" not in span.attributes for span in books.spans)


def test_a_retry_of_urllib3_keeps_what_it_hides(books):
    """The second attempt asks too, and its caller reads no chunk more."""
    busy = [True]

    def answer(asked):
        if busy.pop() if busy else False:
            return document({"error": {"message": "busy"}}, status=503)
        return Answer(chunks=stream(asked="stream_options" in asked.json), headers=bodies.SSE)

    with Canned(answer) as server:
        retries = urllib3.Retry(1, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
        pool = urllib3.PoolManager(retries=retries)
        answered = pool.request("POST", url(server), json=ASK, preload_content=False)
        assert answered.read() == EXPECTED
    assert [usage(span) for span in books.spans] == [(None, None), (19, 10)]
