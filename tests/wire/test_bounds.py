"""Neither a large answer nor a hostile one makes the app's memory grow."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from functools import partial

import brotli
import pytest
import zstandard
from tokenboard.wire import match
from tokenboard.wire.framing import MAX_VALUE
from wire.exchange import HASHER, dump, frame, sse

URL = "https://api.openai.com/v1/chat/completions"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/g:streamGenerateContent"
CONVERSE = "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse-stream"
EMBEDDINGS = "https://api.openai.com/v1/embeddings"
MEGABYTE = 1 << 20
HUNDRED = 100 * MEGABYTE
LITTLE = 2 * MEGABYTE


def reader(url=URL, ask=None, headers=None, *, encoded=False):
    endpoint = match("POST", url)
    ask = {"model": "m", "messages": [], "stream": True} if ask is None else ask
    request = endpoint.read_request(json.dumps(ask).encode(), {}, HASHER)
    return endpoint.reader(request, 200, headers or {}, HASHER, encoded=encoded)


class Peak:
    """The most memory that was held at once beyond what was held before."""

    def __enter__(self):
        tracemalloc.start()
        self._before = tracemalloc.get_traced_memory()[0]
        return self

    def __exit__(self, *_):
        self.bytes = tracemalloc.get_traced_memory()[1] - self._before
        tracemalloc.stop()


def chat(text="", reason=None, **more):
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    return {"id": "c", "model": "m", "choices": [choice], **more}


USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}

STREAMS = {
    "events": (URL, sse(*[chat("x" * 900)] * 100), sse(chat(None, "stop", usage=USAGE), done=True)),
    "tool calls": (
        URL,
        sse(
            *[
                {
                    "id": "c",
                    "model": "m",
                    "choices": [
                        {
                            "delta": {
                                "tool_calls": [
                                    {
                                        "index": at,
                                        "function": {"name": "f", "arguments": "z" * 9000},
                                    }
                                ]
                            }
                        }
                    ],
                }
                for at in range(100)
            ]
        ),
        sse(chat(None, "stop", usage=USAGE), done=True),
    ),
    "comments": (URL, b": keep-alive " * 1000 + b"\n\n", sse(chat(None, "stop", usage=USAGE))),
    "an array": (
        GEMINI,
        b"["
        + dump({"candidates": [{"content": {"parts": [{"text": "x" * 30_000}]}}]})
        + b",\n" * 3,
        b"["
        + dump(
            {
                "candidates": [{"finishReason": "STOP"}],
                "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2},
            }
        ),
    ),
    "binary messages": (
        CONVERSE,
        frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "x" * 30_000}}) * 50,
        frame("messageStop", {"stopReason": "end_turn"})
        + frame("metadata", {"usage": {"inputTokens": 1, "outputTokens": 2}}),
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_hundred_megabytes_of_stream_in_constant_memory(name):
    """A stream has no limit; its usage at the end is read all the same."""
    url, chunk, last = STREAMS[name]
    reading = reader(url)
    reading.feed(chunk)

    with Peak() as peak:
        for _ in range(HUNDRED // len(chunk)):
            reading.feed(chunk)
        reading.feed(last)
        answer = reading.finish()

    assert peak.bytes < 3 * LITTLE if name == "tool calls" else peak.bytes < LITTLE
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (1, 2)
    assert answer.finished


ENDLESS = {
    "a body": b'{"a": "' + b"x" * MEGABYTE,
    "a line": b"data: " + b"x" * MEGABYTE,
    "an array's element": b'[{"a": "' + b"x" * MEGABYTE,
    "brackets": b"[" * MEGABYTE,
    "braces": b'{"a":' * (MEGABYTE // 5),
    "data lines of one event": b"data: {\n" + (b'data: "a": "' + b"x" * 990 + b'",\n') * 1000,
    "nothing but blanks": b" \n" * (MEGABYTE // 2),
}


@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("stream", [True, False])
def test_one_value_without_end_is_given_up(name, stream):
    """Beyond the cap usage is unknown and memory is let go."""
    chunk = ENDLESS[name]
    reading = reader(ask={"model": "m", "messages": [], "stream": stream})
    more = chunk if name != "a line" else chunk[6:]

    with Peak() as peak:
        reading.feed(chunk)
        for _ in range(HUNDRED // MEGABYTE):
            reading.feed(more)
        answer = reading.finish()

    assert peak.bytes < 3 * MAX_VALUE
    assert answer.usage is None


def test_a_binary_message_beyond_the_cap_is_passed_over():
    """What comes after it is read."""
    reading = reader(CONVERSE)
    huge = frame("contentBlockDelta", {"delta": {"text": "x" * (MAX_VALUE + 100)}})
    last = frame("metadata", {"usage": {"inputTokens": 1, "outputTokens": 2}})
    reading.feed(frame("messageStart", {"role": "assistant"}))

    for at in range(0, len(huge), MEGABYTE):
        reading.feed(huge[at : at + MEGABYTE])
    reading.feed(last)

    assert reading.finish().usage.output_tokens == 2


def test_one_byte_a_chunk_costs_no_more_than_the_bytes():
    """Small pieces are put together, not collected."""
    body = b'{"a": "' + b"x" * (MEGABYTE // 8) + b'"}'
    reading = reader(ask={"model": "m", "messages": []})

    with Peak() as peak:
        for at in range(len(body)):
            reading.feed(body[at : at + 1])
        reading.finish()

    assert peak.bytes < 5 * len(body)


def zstd_bomb(plain):
    return zstandard.ZstdCompressor(level=19).compress(plain)


BOMBS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": partial(brotli.compress, quality=5),
    "zstd": zstd_bomb,
}


@pytest.mark.parametrize("encoding", BOMBS)
@pytest.mark.parametrize(
    "plain",
    [b'{"a":"' + b"x" * HUNDRED, (b": nothing" * 100 + b"\n") * (HUNDRED // 901)],
    ids=["body", "stream"],
)
def test_a_bomb_of_a_few_kilobytes_unfolds_in_pieces(encoding, plain):
    """A compressed answer of a hundred megabytes never stands unfolded in memory."""
    packed = BOMBS[encoding](plain)
    assert len(packed) < MEGABYTE
    headers = {"content-encoding": encoding, "content-type": "text/event-stream"}
    reading = reader(headers=headers, encoded=True)

    with Peak() as peak:
        reading.feed(packed)
        answer = reading.finish()

    assert peak.bytes < 3 * MAX_VALUE
    assert answer.usage is None


def test_vectors_are_left_out_before_the_body_is_parsed():
    """Embeddings larger than the cap are read, for what is large in them is not kept."""
    vector = ",".join(["-0.012345678"] * 3072)
    item = f'{{"object":"embedding","index":0,"embedding":[{vector}]}},'.encode()
    head, tail = b'{"object":"list","data":[', b'{}],"usage":{"prompt_tokens":9,"total_tokens":9}}'
    reading = reader(EMBEDDINGS, {"model": "m", "input": ["a"]})

    with Peak() as peak:
        reading.feed(head)
        for _ in range(3 * MAX_VALUE // len(item)):
            reading.feed(item)
        reading.feed(tail)
        answer = reading.finish()

    assert answer.usage.input_tokens == 9
    assert peak.bytes < MAX_VALUE


def test_a_request_beyond_the_cap_is_a_call_all_the_same():
    """Its model stays unknown; nothing is raised."""
    body = b'{"model":"m","messages":[{"role":"user","content":"' + b"x" * MAX_VALUE + b'"}]}'

    request = match("POST", URL).read_request(body, {}, HASHER)

    assert request.bytes == len(body)
    assert request.prompt_hash is not None
