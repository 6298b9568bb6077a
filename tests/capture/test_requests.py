"""requests and bare urllib3 against a local provider: one hook beneath both, one span a call."""

from __future__ import annotations

import gc
import gzip
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import requests.adapters
import tokenboard
import urllib3
from fakes import bodies
from fakes.canned import Answer, Canned, document
from fakes.provider import Reply

ASK = {"model": "gpt-test", "messages": bodies.HELLO}
STREAM = {**ASK, "stream": True}
CHUNKS = b"".join(bodies.chat_chunks())


def url(provider):
    return f"{provider.url}/v1/chat/completions"


def usage(span):
    return tuple(
        span.attributes.get(f"gen_ai.usage.{name}") for name in ("input_tokens", "output_tokens")
    )


@pytest.fixture(params=["chunked", "length"])
def whole(request, provider):
    """A provider's URL that answers with one chat completion, and the bytes of it."""
    reply = bodies.chat()
    if request.param == "chunked":
        provider.say(reply)
        yield url(provider), reply.chunks[0]
    else:
        with Canned([Answer(reply.chunks[0], headers=reply.headers)]) as server:
            yield url(server), reply.chunks[0]


def content(answer):
    return answer.content


def chunks(answer):
    return b"".join(answer.iter_content(7))


def lines(answer):
    return b"\n".join(answer.iter_lines())


def raw(answer):
    return answer.raw.read()


def raw_bits(answer):
    return b"".join(iter(lambda: answer.raw.read(11), b""))


def raw_stream(answer):
    return b"".join(answer.raw.stream(5))


def raw_one(answer):
    return b"".join(iter(lambda: answer.raw.read1(9), b""))


WAYS = [content, chunks, lines, raw, raw_bits, raw_stream, raw_one]


def test_a_whole_answer(whole, books):
    """A plain requests call: model, tokens, ids, and the caller's answer as it was sent."""
    where, body = whole
    answer = requests.post(where, json=ASK, timeout=5)
    assert answer.content == body
    assert answer.json()["id"] == "chatcmpl-1"
    span = books.one()
    assert span.name == "chat gpt-test"
    assert usage(span) == (19, 10)
    assert span.attributes["tokenboard.provider_request_id"] == "req_chat"
    assert span.attributes["tokenboard.trigger"] == "user"
    assert "gen_ai.response.time_to_first_chunk" not in span.attributes


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_read_piece_by_piece(whole, books, way):
    """However the caller reads a body, by requests or by urllib3 beneath, it is counted."""
    where, body = whole
    with requests.post(where, json=ASK, stream=True, timeout=5) as answer:
        assert way(answer) == body
    assert usage(books.one()) == (19, 10)


@pytest.mark.parametrize("way", WAYS)
def test_a_stream(provider, books, way):
    """Server-sent events: usage, finish reason, time to the first chunk."""
    provider.say(bodies.chat_stream(pause=0.001))
    with requests.post(url(provider), json=STREAM, stream=True, timeout=5) as answer:
        assert way(answer).rstrip() == CHUNKS.rstrip()
    span = books.one()
    assert usage(span) == (19, 10)
    assert span.attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert span.attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert span.status.status_code.name == "UNSET"


@pytest.mark.parametrize(
    ("way", "unpacks"), [(content, True), (chunks, True), (raw, False), (raw_bits, False)]
)
def test_compressed_answers(provider, books, way, unpacks):
    """gzip in small pieces, whether the caller wants it unpacked or as it came."""
    packed = gzip.compress(CHUNKS)
    pieces = [packed[at : at + 37] for at in range(0, len(packed), 37)]
    provider.say(Reply(pieces, headers={**bodies.SSE, "content-encoding": "gzip"}))
    with requests.post(url(provider), json=STREAM, stream=True, timeout=5) as answer:
        assert way(answer) == (CHUNKS if unpacks else packed)
    assert usage(books.one()) == (19, 10)


def test_a_packed_answer_whose_length_is_known(books):
    """The last bytes leave the socket before the last text leaves the unpacker: nothing is lost."""
    text = json.dumps({**json.loads(bodies.chat().chunks[0]), "padding": "x" * 50_000}).encode()
    packed = gzip.compress(text)
    answer = Answer(packed, headers={**bodies.JSON, "content-encoding": "gzip"})
    with Canned([answer]) as server:
        got = requests.post(url(server), json=ASK, stream=True, timeout=5)
        assert b"".join(got.iter_content(1000)) == text
        assert usage(books.one()) == (19, 10)


def test_the_answer_ends_when_it_is_read_not_when_it_is_collected(whole, books):
    """The span is there as soon as the body is read, though the response lives on."""
    answer = requests.post(whole[0], json=ASK, timeout=5)
    assert usage(books.one()) == (19, 10)
    del answer


@pytest.mark.parametrize("ending", ["with", "close", "garbage", "raise"])
def test_a_stream_that_is_left_early(provider, books, ending):
    """One span, no error, and a finish reason that never came."""
    provider.say(bodies.chat_stream(hold=threading.Event(), chunks=bodies.chat_chunks()[:2]))

    def leave():
        answer = requests.post(url(provider), json=STREAM, stream=True, timeout=5)
        if ending == "with":
            with answer:
                next(answer.iter_lines())
        elif ending == "raise":
            with answer:
                next(answer.iter_lines())
                raise LookupError
        else:
            next(answer.iter_lines())
            if ending == "close":
                answer.close()

    if ending == "raise":
        with pytest.raises(LookupError):
            leave()
    else:
        leave()
    gc.collect()
    span = books.one()
    assert "error.type" not in span.attributes
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)


def test_reading_on_with_another_generator(books):
    """A caller that takes one chunk, and the rest later, has read one answer."""
    with Canned([Answer(CHUNKS, headers=bodies.SSE)]) as server:
        answer = urllib3.PoolManager().request(
            "POST", url(server), body=json.dumps(STREAM), preload_content=False
        )
        first = next(answer.stream(3))
        gc.collect()
        assert books.spans == ()
        assert first + b"".join(answer.stream(4)) == CHUNKS
    assert usage(books.one()) == (19, 10)


def test_a_torn_connection(provider, books):
    """The server vanishes in mid-stream: the caller's exception, one span that says so."""
    provider.say(Reply(bodies.chat_chunks()[:3], headers=bodies.SSE, cut=True))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.post(url(provider), json=STREAM, timeout=5)
    span = books.one()
    assert span.attributes["error.type"] in ("ProtocolError", "InvalidChunkLength")
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)


def test_no_connection(books):
    """A server that is not there: the app's own exception, and a failed attempt."""
    with pytest.raises(requests.ConnectionError):
        requests.post("http://127.0.0.1:9/v1/chat/completions", json=ASK, timeout=5)
    assert books.one().status.status_code.name == "ERROR"
    assert books.one().attributes["error.type"] == "MaxRetryError"


def test_every_attempt_of_a_retry_is_a_span(provider, books):
    """Retries that urllib3 makes by itself are attempts 1, 2 and 3; the failed ones cost nothing."""
    provider.say(bodies.rate_limit(), bodies.rate_limit(), bodies.chat())
    retry = urllib3.Retry(3, status_forcelist=[429], allowed_methods=None, backoff_factor=0)
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
    with tokenboard.user("ada"):
        assert session.post(url(provider), json=ASK, timeout=5).json()["id"] == "chatcmpl-1"
    assert len(provider.seen) == 3
    assert [span.attributes["tokenboard.attempt"] for span in books.spans[1:]] == [2, 3]
    assert [span.attributes["http.response.status_code"] for span in books.spans] == [429, 429, 200]
    assert [usage(span) for span in books.spans] == [(None, None), (None, None), (19, 10)]
    assert {span.attributes["user.id"] for span in books.spans} == {"ada"}
    assert all("x-stainless-retry-count" not in seen.headers for seen in provider.seen)


def test_a_retry_after_a_broken_connection(books):
    """An attempt that found nobody and one that did are two spans."""
    with Canned([document(json.loads(bodies.chat().chunks[0]))]) as server:
        tries = []

        class Pool(urllib3.HTTPConnectionPool):
            def _make_request(self, *args, **kwargs):
                tries.append(1)
                if len(tries) == 1:
                    raise urllib3.exceptions.ProtocolError("gone")
                return super()._make_request(*args, **kwargs)

        pool = Pool("127.0.0.1", server.port, retries=urllib3.Retry(2, allowed_methods=None))
        answer = pool.request("POST", "/v1/chat/completions", body=json.dumps(ASK))
    assert answer.status == 200
    assert [span.attributes.get("error.type") for span in books.spans] == ["ProtocolError", None]
    assert usage(books.spans[1]) == (19, 10)


def test_bare_urllib3_that_reads_at_once(whole, books):
    """urllib3's own default is to read the whole body before it returns."""
    where, body = whole
    answer = urllib3.PoolManager().request("POST", where, body=json.dumps(ASK))
    assert answer.data == body
    assert usage(books.one()) == (19, 10)


def test_a_redirect_is_followed_and_counted_once(books):
    """requests and urllib3 follow redirects differently; either way there is one billed call."""

    def answer(asked):
        if asked.path.startswith("/old"):
            return Answer(b"", status=307, headers={"location": "/v1/chat/completions"})
        return document(json.loads(bodies.chat().chunks[0]))

    with Canned(answer) as server:
        where = f"{server.url}/old/v1/chat/completions"
        assert requests.post(where, json=ASK, timeout=5).status_code == 200
        assert urllib3.PoolManager().request("POST", where, body=json.dumps(ASK)).status == 200
    billed = [span for span in books.spans if usage(span) == (19, 10)]
    assert len(billed) == 2
    assert len(books.spans) == 4
    assert all(
        span.attributes["http.response.status_code"] == 307
        for span in books.spans
        if span not in billed
    )


def test_the_bytes_on_the_wire_are_the_same(provider, unhooked, books):
    """With and without us the server gets the same request, and the caller the same answer."""

    def ask():
        answer = requests.post(url(provider), json=STREAM, timeout=5)
        return answer.status_code, dict(answer.headers), answer.content, repr(answer.raw)[:40]

    provider.say(bodies.chat_stream())
    ours = ask()
    tokenboard.setup.stop()
    theirs = ask()
    first, second = provider.seen
    for headers in (ours[1], theirs[1]):
        headers.pop("Date", None)
    assert ours == theirs
    assert first == second
    assert isinstance(requests.post(url(provider), json=ASK, timeout=5).raw, urllib3.HTTPResponse)


def test_other_requests_are_left_alone(provider, books):
    """What is no call to a model gets no span and the very class of urllib3."""
    provider.say(Reply([b"{}"]))
    answer = requests.get(f"{provider.url}/v1/models", timeout=5)
    assert type(answer.raw) is urllib3.HTTPResponse
    assert books.spans == ()


def test_many_threads(provider, books):
    """Forty calls of eight threads: forty complete spans, each of its own user."""
    provider.say(bodies.chat_stream())

    def ask(n):
        with tokenboard.user(f"u{n}"):
            return requests.post(url(provider), json=STREAM, timeout=20).content

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(40))) == [CHUNKS] * 40
    assert {span.attributes["user.id"] for span in books.spans} == {f"u{n}" for n in range(40)}
    assert [usage(span) for span in books.spans] == [(19, 10)] * 40


def test_the_guard_stops_it(provider, books):
    """RunawayLoop comes out of a requests call as it is, before anything is sent."""
    provider.say(bodies.chat())
    with tokenboard.guard(max_calls=1):
        requests.post(url(provider), json=ASK, timeout=5)
        with pytest.raises(tokenboard.RunawayLoop):
            requests.post(url(provider), json=ASK, timeout=5)
    assert len(provider.seen) == 1
