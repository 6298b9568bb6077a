"""However the bytes arrive, cut and compressed, the same facts come out; and no bytes do harm."""

from __future__ import annotations

import functools
import gzip
import json
import zlib
from io import BytesIO

import brotli
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenboard.wire import match
from tokenboard.wire.encoding import PIECE, decoder
from wire.exchange import HASHER, bytes_of, play, play_recorded
from wire.test_bodies import CASES
from wire.test_recorded import FILES
from wire.test_streams import ASK as ODD_ASK
from wire.test_streams import ODD
from wire.test_streams import URL as ODD_URL

FREE = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)


def raw_deflate(data):
    state = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return state.compress(data) + state.flush()


def many_members(data):
    half = len(data) // 2
    return gzip.compress(data[:half]) + gzip.compress(data[half:])


def zstd_stream(data):
    out = BytesIO()
    with zstandard.ZstdCompressor().stream_writer(out, closefd=False) as writer:
        writer.write(data)
    return out.getvalue()


ENCODINGS = {
    "gzip": gzip.compress,
    "x-gzip": many_members,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
    "br": brotli.compress,
    "zstd": zstd_stream,
    "gzip, br": lambda data: brotli.compress(gzip.compress(data)),
}


@functools.cache
def documented(name):
    return next(case for case in CASES if case.name == name)


@FREE
@given(data=st.data(), case=st.sampled_from(CASES))
def test_any_cutting_of_a_documented_answer_gives_the_same_facts(data, case):
    """A byte at a time or all at once, across characters, lines and messages."""
    cuts = data.draw(st.lists(st.integers(0, len(case.answer)), max_size=40))
    ask = {"status": case.status, "headers": case.headers, "method": case.method}

    whole = play(case.url, case.request, case.answer, **ask)
    cut = play(case.url, case.request, case.answer, pieces=cuts, **ask)

    assert cut == whole


@FREE
@given(data=st.data())
def test_any_cutting_of_a_recorded_answer_gives_the_same_facts(data, recorded_exchanges):
    """The recorded streams, cut wherever a network could cut them."""
    exchanges = recorded_exchanges(data.draw(st.sampled_from(list(FILES))))
    exchange = data.draw(st.sampled_from(exchanges))
    size = len(bytes_of(exchange["response"]["body"]))
    cuts = data.draw(st.lists(st.integers(0, size), max_size=60))

    assert play_recorded(exchange, pieces=cuts) == play_recorded(exchange)


@FREE
@given(data=st.data(), odd=st.sampled_from(sorted(ODD)))
def test_any_cutting_of_an_odd_stream_gives_the_same_facts(data, odd):
    """Carriage returns, comments and broken events, cut in their midst."""
    cuts = data.draw(st.lists(st.integers(0, len(ODD[odd])), max_size=40))

    assert play(ODD_URL, ODD_ASK, ODD[odd], pieces=cuts) == play(ODD_URL, ODD_ASK, ODD[odd])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_one_byte_at_a_time_of_a_documented_answer(case):
    """The finest cutting there is."""
    ask = {"status": case.status, "headers": case.headers, "method": case.method}
    every = list(range(1, len(case.answer)))

    cut = play(case.url, case.request, case.answer, pieces=every, **ask)

    assert cut == play(case.url, case.request, case.answer, **ask)


@pytest.mark.parametrize("name", FILES)
def test_one_byte_at_a_time(name, recorded_exchanges):
    """The finest cutting there is."""
    for exchange in recorded_exchanges(name):
        body = bytes_of(exchange["response"]["body"])
        if len(body) <= 20_000:
            every = list(range(1, len(body)))
            assert play_recorded(exchange, pieces=every) == play_recorded(exchange)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("size", [1, 37, 10_000])
def test_compressed_answers_are_read_while_they_come(encoding, size):
    """Each content encoding, its bytes cut in pieces of one size."""
    case = documented("chat stream: usage on the last chunk, after the finish reason")
    packed = ENCODINGS[encoding](case.answer)
    headers = {"Content-Type": "text/event-stream", "Content-Encoding": encoding}

    plain = play(case.url, case.request, case.answer)
    read = play(
        case.url,
        case.request,
        packed,
        headers=headers,
        encoded=True,
        pieces=list(range(size, len(packed), size)),
    )

    assert read == plain


def test_the_last_bytes_of_a_compressed_answer_are_not_lost():
    """They may wait inside the decoder when its output is full and its input used up."""
    alphabet = bytes(range(97, 123)) * 3000
    lost = []
    for more in range(190, 230):
        body = alphabet[: PIECE - 50] + b"}" * (50 + more)
        found = []
        decoder("deflate", found.append)(raw_deflate(body))
        if b"".join(found) != body:
            lost.append(more)

    assert lost == []


def test_bytes_that_the_client_has_decoded_are_not_decoded_again():
    """The header still names an encoding when the client hands out plain bytes."""
    case = documented("chat: cached, audio and reasoning tokens are parts")

    read = play(case.url, case.request, case.answer, headers={"content-encoding": "gzip"})

    assert read[1].usage.input_tokens == 1200


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"this is no gzip"),
        ("gzip", gzip.compress(b'{"usage": {"prompt_tokens": 1}}', mtime=0)[:-12]),
        ("br", b"\xff\xff\xff\xff"),
        ("zstd", b"neither is this zstd"),
        ("compress", b"nobody can undo this one"),
        ("deflate", b"\x00\x01\x02 nor this"),
    ],
)
def test_a_broken_or_unknown_encoding_leaves_usage_unknown(encoding, body, swallowed):
    """Nothing is raised, and nothing is made up."""
    case = documented("chat: cached, audio and reasoning tokens are parts")

    _, answer = play(
        case.url, case.request, body, headers={"content-encoding": encoding}, encoded=True
    )

    assert answer.usage is None
    swallowed.clear()


URLS = sorted({(case.method, case.url) for case in CASES})
FIELDS = [
    "id",
    "model",
    "choices",
    "delta",
    "message",
    "usage",
    "index",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "type",
    "event_type",
    "content",
    "error",
    "candidates",
    "parts",
    "usageMetadata",
    "promptTokenCount",
    "response",
    "output",
    "prompt_tokens",
    "input_tokens",
    "iterations",
    "cache_creation",
    "done",
    "finish_reason",
    "messages",
    "role",
    "tokens",
    "billed_units",
    "meta",
    "item",
    "status",
    "functionCall",
    "input",
    "system",
    "contents",
    "tools",
    "metadata",
    "prompt_tokens_details",
    "x_groq",
    "outputs",
    "results",
    "steps",
]
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@FREE
@given(
    at=st.sampled_from(URLS),
    asked=SHAPES,
    said=st.lists(SHAPES, max_size=4),
    framing=st.sampled_from(["whole", "sse", "lines", "array"]),
)
def test_json_of_any_shape_is_read_without_a_failure(at, asked, said, framing):
    """Every known field may hold anything at all, in requests and in answers."""
    method, url = at
    parts = [json.dumps(each).encode() for each in said]
    body = {
        "whole": b"".join(parts),
        "sse": b"".join(b"data: " + part + b"\n\n" for part in parts),
        "lines": b"\n".join(parts),
        "array": b"[" + b",".join(parts) + b"]",
    }[framing]

    read(method, url, json.dumps(asked).encode(), body)


@FREE
@given(
    at=st.sampled_from(URLS),
    asked=st.binary(max_size=200),
    chunks=st.lists(
        st.binary(max_size=200)
        | st.sampled_from([b"data: ", b"\n", b"\r", b"{", b"}", b"[", b'"', b"\0\0", b"event:"]),
        max_size=20,
    ),
    status=st.integers(100, 599),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "Content-Encoding", "x-request-id", "odd"]),
        st.sampled_from(["gzip", "br", "zstd", "deflate", "text/event-stream", "\x00", ""]),
    ),
    encoded=st.booleans(),
)
def test_any_bytes_at_all_do_no_harm(*, at, asked, chunks, status, headers, encoded, swallowed):
    """Nothing is raised, whatever is sent and answered; finishing twice says the same."""
    method, url = at
    read(method, url, asked, chunks, status=status, headers=headers, encoded=encoded)
    swallowed.clear()  # what a decoder says of bytes that are not its own


def read(method, url, asked, body, *, status=200, headers=None, encoded=False):
    endpoint = match(method, url)
    request = endpoint.read_request(asked, headers or {}, HASHER)
    if request is None:
        return
    reader = endpoint.reader(request, status, headers or {}, HASHER, encoded=encoded)
    for chunk in body if isinstance(body, list) else [body]:
        reader.feed(chunk)
    first = reader.finish()
    reader.feed(b"data: after the end\n\n")
    assert reader.finish() is first
