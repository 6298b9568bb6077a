"""Recorded traffic, end to end: through a real client and the hook, to the span, exact to the token."""

from __future__ import annotations

import asyncio
import base64
import gzip

import httpx
import httpx2
import pytest
from opentelemetry.trace import StatusCode

FORMATS = [
    "openai_chat",
    "openai_responses",
    "openai_completions",
    "openai_embeddings",
    "anthropic_messages",
    "gemini_generate",
    "bedrock_converse",
    "bedrock_converse_stream",
    "bedrock_invoke",
    "bedrock_invoke_stream",
    "cohere_chat",
    "cohere_embed",
    "ollama",
]
FIELDS = {
    "request_model": "gen_ai.request.model",
    "response_model": "gen_ai.response.model",
    "response_id": "gen_ai.response.id",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_write.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
}


def _bytes(body):
    if body is None:
        return b""
    return body["text"].encode() if "text" in body else base64.b64decode(body["base64"])


def _transport(module, exchange, *, packed):
    """A transport that answers as recorded, in pieces of 37 bytes, compressed if so wanted."""
    recorded = exchange["response"]
    body = _bytes(recorded["body"])
    headers = dict(recorded["headers"])
    if packed:
        body = gzip.compress(body)
        headers["content-encoding"] = "gzip"
    pieces = [body[n : n + 37] for n in range(0, len(body), 37)]

    class Pieces(module.SyncByteStream, module.AsyncByteStream):
        def __iter__(self):
            return iter(pieces)

        async def __aiter__(self):
            for piece in pieces:
                yield piece

    return module.MockTransport(
        lambda _: module.Response(recorded["status"], headers=headers, stream=Pieces())
    )


def _request(client, exchange):
    asked = exchange["request"]
    return client.build_request(
        asked["method"], asked["url"], headers=asked["headers"], content=_bytes(asked["body"])
    )


def _whole(module, exchange):
    with module.Client(transport=_transport(module, exchange, packed=False)) as client:
        return client.send(_request(client, exchange)).content


def _in_pieces(module, exchange):
    with module.Client(transport=_transport(module, exchange, packed=True)) as client:
        response = client.send(_request(client, exchange), stream=True)
        return b"".join(response.iter_bytes())


def _async(module, exchange):
    async def read():
        async with module.AsyncClient(
            transport=_transport(module, exchange, packed=False)
        ) as client:
            response = await client.send(_request(client, exchange), stream=True)
            return b"".join([piece async for piece in response.aiter_raw()])

    return asyncio.run(read())


WAYS = {"whole": _whole, "in pieces": _in_pieces, "async": _async}


def _differences(exchange, books):
    expect = exchange["expect"]
    if len(books.spans) != 1:
        return [f"{len(books.spans)} spans"]
    (span,) = books.spans
    wrong = [
        f"{field}: {span.attributes.get(name)!r}, not one of {expect[field]}"
        for field, name in FIELDS.items()
        if field in expect and span.attributes.get(name) not in (expect[field] or [None])
    ]
    if (span.status.status_code is StatusCode.ERROR) != expect["error"]:
        wrong.append(f"error: {span.attributes.get('error.type')}, expected {expect['error']}")
    return wrong


@pytest.mark.parametrize("module", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.parametrize("name", FORMATS)
def test_recorded_calls_are_exact(books, recorded_exchanges, name, module):
    """Every recorded call is one span with the model and every count as expected, byte for byte."""
    wrong = []
    for exchange in recorded_exchanges(name):
        for way, play in WAYS.items():
            books.memory.clear()
            assert play(module, exchange) == _bytes(exchange["response"]["body"])
            wrong += [
                f"{exchange['source']} ({way}): {each}" for each in _differences(exchange, books)
            ]
    assert not wrong, "\n".join(wrong)


def test_recorded_requests_that_are_no_calls(books, recorded_exchanges):
    """Requests to LLM hosts that are no calls leave no usage."""
    for exchange in recorded_exchanges("not_calls"):
        for play in WAYS.values():
            play(httpx2, exchange)
    assert [dict(span.attributes) for span in books.spans] == []
