"""Usage that is asked for behind the app's back: the app must not be able to tell."""

from __future__ import annotations

import gzip
import json

import httpx
import httpx2
import openai
import pytest
import tokenboard
from capture.streamed import serve, stream, usage
from fakes import bodies
from fakes.canned import Answer, Canned, document
from hypothesis import given
from hypothesis import strategies as st
from tokenboard.hooks import include_usage, sieve


@pytest.fixture(autouse=True)
def asking(books):
    tokenboard.init(inject_usage=True)
    include_usage._refusing.clear()


def dumped(chunks):
    return [chunk.to_dict() for chunk in chunks]


ASK = {"model": "gpt-test", "messages": bodies.HELLO, "stream": True}


@pytest.mark.parametrize("tail", [None, {"obfuscation": "x7"}])
@pytest.mark.parametrize("spaced", [False, True])
def test_the_sdk_gets_the_chunks_it_would_have_had(books, tail, spaced):
    """Every chunk the same, none more: and the usage is on the books."""
    with serve(tail=tail, spaced=spaced) as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
        ours = dumped(api.chat.completions.create(**ASK))
        tokenboard.init(inject_usage=False)
        theirs = dumped(api.chat.completions.create(**ASK))
    assert ours == theirs
    first, second = books.spans
    assert usage(first) == (19, 10)
    assert usage(second) == (None, None)
    assert first.attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert first.attributes["tokenboard.prompt.hash"] == second.attributes["tokenboard.prompt.hash"]
    assert server.asked[0].json["stream_options"] == {"include_usage": True}
    assert "stream_options" not in server.asked[1].json


async def test_the_async_sdk_too(books):
    """The same by the async client."""
    with serve() as server:
        async with openai.AsyncOpenAI(api_key="k", base_url=f"{server.url}/v1") as api:
            ours = dumped([chunk async for chunk in await api.chat.completions.create(**ASK)])
    assert [chunk["choices"] for chunk in ours] == [
        json.loads(line[5:])["choices"] for line in stream(asked=False)[:-1]
    ]
    assert not any("usage" in chunk for chunk in ours)
    assert usage(books.one()) == (19, 10)


@pytest.mark.parametrize("module", [httpx, httpx2])
@pytest.mark.parametrize("read", ["iter_bytes", "iter_lines", "iter_raw", "read"])
def test_byte_for_byte_however_it_is_read(module, read):
    """Bytes and lines as without us, for callers that read the stream themselves."""

    def whole():
        with (
            module.Client() as client,
            client.stream("POST", f"{server.url}/v1/chat/completions", json=ASK) as answer,
        ):
            if read == "read":
                return answer.read()
            if read == "iter_lines":
                return list(answer.iter_lines())
            return b"".join(getattr(answer, read)())

    with serve() as server:
        ours = whole()
    expected = b"".join(stream(asked=False))
    if read == "iter_lines":
        expected = expected.decode().splitlines()
    assert ours == expected


def test_the_request_looks_untouched_to_the_app(books):
    """The answer's request is the app's own, with its own body and headers."""
    with serve() as server, httpx2.Client() as client:
        request = client.build_request("POST", f"{server.url}/v1/chat/completions", json=ASK)
        before = (request.content, request.headers.raw)
        answer = client.send(request, stream=True)
        assert answer.request is request
        answer.read()
        assert (request.content, request.headers.raw) == before
    assert usage(books.one()) == (19, 10)


@pytest.mark.parametrize("options", [{"include_usage": False}, {"include_usage": True}])
def test_what_the_app_has_decided_stands(options):
    """An explicit yes or no of the app's goes out as it is, and its chunks come back as they are."""
    with serve() as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
        chunks = list(api.chat.completions.create(**ASK, stream_options=options))
    assert server.asked[0].json["stream_options"] == options
    assert any(chunk.choices == [] for chunk in chunks) is options["include_usage"]


@pytest.mark.parametrize("options", [{"include_obfuscation": False}, {}, None])
def test_other_options_are_kept(books, options):
    """Options that say nothing about usage are sent along."""
    with serve() as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
        list(api.chat.completions.create(**ASK, extra_body={"stream_options": options}))
    assert server.asked[0].json == {
        **ASK,
        "stream_options": {**(options or {}), "include_usage": True},
    }
    assert usage(books.one()) == (19, 10)


def test_nothing_but_the_option_is_added():
    """The body is the app's, byte for byte, with the option before its last brace."""
    with serve() as server, httpx2.Client() as client:
        body = json.dumps(ASK, indent=3).encode() + b"\n"
        client.post(f"{server.url}/v1/chat/completions", content=body).read()
    end = body.rindex(b"}")
    assert server.asked[0].body.startswith(body[:end])
    assert server.asked[0].json == {**ASK, "stream_options": {"include_usage": True}}


def test_calls_that_do_not_stream_are_left_alone(books):
    """A whole answer has its usage anyway."""
    with serve() as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
        api.chat.completions.create(model="m", messages=bodies.HELLO)
    assert "stream_options" not in server.asked[0].json
    assert usage(books.one()) == (19, 10)


def test_off_unless_asked_for(books):
    """Without the setting nothing is ever added."""
    tokenboard.init(inject_usage=False)
    with serve() as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
        list(api.chat.completions.create(**ASK))
    assert "stream_options" not in server.asked[0].json


def test_a_server_that_refuses_the_option_is_asked_again_without(books):
    """The app never sees an error that it would not have had; the server is not asked again."""

    def answer(asked):
        if "stream_options" in asked.json:
            return document({"detail": "Extra inputs are not permitted"}, status=422)
        return Answer(chunks=stream(asked=False), headers=bodies.SSE)

    with Canned(answer) as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0)
        for _ in range(2):
            assert len(list(api.chat.completions.create(**ASK))) == 5
    assert ["stream_options" in asked.json for asked in server.asked] == [True, False, False]
    assert len(books.spans) == 2
    assert all("error.type" not in span.attributes for span in books.spans)


def test_an_error_of_the_apps_own_stays_one(books):
    """A request that is wrong by itself fails as before, and blames nobody else."""
    no = document({"error": {"message": "no", "code": "bad"}}, status=400)
    with Canned([no]) as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0)
        with pytest.raises(openai.BadRequestError):
            api.chat.completions.create(**ASK)
    assert books.one().attributes["error.type"] == "bad"
    assert not include_usage._refusing


def test_a_server_that_compresses_all_the_same(books):
    """Compressed against our wish, the chunks are still the ones the app would have read."""
    whole = gzip.compress(b"".join(stream(asked=True)))
    pieces = [whole[at : at + 29] for at in range(0, len(whole), 29)]
    answer = Answer(chunks=pieces, headers={**bodies.SSE, "content-encoding": "gzip"})
    with Canned([answer]) as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
        texts = [c.choices[0].delta.content for c in api.chat.completions.create(**ASK)]
    assert texts == ["", "Hel", 'lo "usage":null', ',"usage":null}', None]
    assert usage(books.one()) == (19, 10)


def test_a_stream_left_early(books):
    """Closing early closes the connection beneath, and is one span."""
    with serve() as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
        with api.chat.completions.create(**ASK) as chunks:
            next(chunks)
    assert "error.type" not in books.one().attributes


@given(data=st.data())
def test_any_cutting_gives_the_same_bytes(data):
    """However the network cuts the stream, what goes on is the stream without the option."""
    whole = b"".join(stream(asked=True, spaced=data.draw(st.booleans())))
    expected = b"".join(stream(asked=False, spaced=b'": "' in whole))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=30)))
    sifting = sieve.Sieve("")
    found = b""
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        found += sifting.feed(whole[start:end])
    assert found + sifting.flush() == expected


@given(st.lists(st.binary(max_size=50)))
def test_other_bytes_pass_as_they_are(chunks):
    """Whatever is no chunk of usage comes out as it went in, to the last byte."""
    sifting = sieve.Sieve("")
    out = b"".join(sifting.feed(chunk) for chunk in chunks) + sifting.flush()
    assert out == b"".join(chunks)


def test_a_line_without_an_end_is_not_held_for_ever():
    """A megabyte without a line break goes on: memory stays bounded."""
    sifting = sieve.Sieve("")
    out = b"".join(sifting.feed(b"x" * 10_000) for _ in range(200))
    assert len(out) > 900_000
    assert out + sifting.flush() == b"x" * 2_000_000


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_both_kinds_of_line_ends(ending):
    """Servers that end lines with CRLF are understood too."""
    whole = b"".join(stream(asked=True)).replace(b"\n", ending)
    sifting = sieve.Sieve("")
    expected = b"".join(stream(asked=False)).replace(b"\n", ending)
    assert sifting.feed(whole) + sifting.flush() == expected
