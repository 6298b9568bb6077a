"""What reading the wire costs: matching, a 20 KB chat call, a stream's chunk. Microseconds.

Run: python -m bench wire
"""

from __future__ import annotations

import gc
import json
import timeit

from tokenboard import wire

HASHER = wire.Hasher(b"bench")
HEADERS = {
    "content-type": "application/json",
    "x-request-id": "req_1",
    "openai-processing-ms": "12",
    "date": "Sun, 22 Nov 2026 00:00:00 GMT",
    "server": "cloudflare",
}
CHAT_URL = "https://api.openai.com/v1/chat/completions"
SENTENCE = "The quick brown fox jumps over the lazy dog while it rains in the hills. "


def chat_request(size: int) -> bytes:
    """A request of about ``size`` bytes: a system prompt and a talk in turns."""
    messages = [{"role": "system", "content": SENTENCE * 20}]
    while len(json.dumps(messages)) < size:
        role = "assistant" if len(messages) % 2 == 0 else "user"
        messages.append({"role": role, "content": SENTENCE * 8})
    return json.dumps({"model": "gpt-5", "messages": messages, "temperature": 0.2}).encode()


def chat_response() -> bytes:
    """A whole answer of about 2 KB."""
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": "gpt-5-2025-08-07",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": SENTENCE * 20},
                    "finish_reason": "stop",
                }
            ],
            "usage": {
                "prompt_tokens": 4000,
                "completion_tokens": 300,
                "total_tokens": 4300,
                "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 64, "audio_tokens": 0},
            },
        }
    ).encode()


def chat_chunk() -> bytes:
    """One event of a stream, as it comes alone in one read."""
    chunk = {
        "id": "chatcmpl-C3jGaXzVZSjCaanMNbkpqi1nE0XYi",
        "object": "chat.completion.chunk",
        "created": 1754900000,
        "model": "gpt-5-2025-08-07",
        "service_tier": "default",
        "system_fingerprint": "fp_179b0f92c9",
        "choices": [
            {"index": 0, "delta": {"content": " fox"}, "logprobs": None, "finish_reason": None}
        ],
        "usage": None,
        "obfuscation": "aX3",
    }
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"


def anthropic_chunk() -> bytes:
    """One event of a stream by Anthropic."""
    return (
        b"event: content_block_delta\n"
        b'data: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":" fox jumps"}}\n\n'
    )


def responses_chunk() -> bytes:
    """One event of a stream of OpenAI Responses."""
    return (
        b"event: response.output_text.delta\n"
        b'data: {"type":"response.output_text.delta","sequence_number":7,"item_id":"msg_1",'
        b'"output_index":0,"content_index":0,"delta":" fox","logprobs":[],"obfuscation":"x"}\n\n'
    )


def best(function, number: int) -> float:
    """The quickest of many short runs, in microseconds a call: what it costs undisturbed."""
    gc.collect()
    number = max(1, number // 50)
    return min(timeit.repeat(function, number=number, repeat=100)) / number * 1e6


def stream_chunk(url: str, body: bytes, first: bytes, chunk: bytes) -> float:
    """The cost of one more chunk in a running stream."""
    endpoint = wire.match("POST", url)
    request = endpoint.read_request(body, {}, HASHER)
    reader = endpoint.reader(request, 200, {"content-type": "text/event-stream"}, HASHER)
    reader.feed(first)
    return best(lambda: reader.feed(chunk), 20_000)


def measure() -> dict[str, float]:
    """All figures by name."""
    request, response = chat_request(20_000), chat_response()
    endpoint = wire.match("POST", CHAT_URL)
    facts = endpoint.read_request(request, HEADERS, HASHER)

    def answer() -> None:
        reader = endpoint.reader(facts, 200, HEADERS, HASHER)
        reader.feed(response)
        reader.finish()

    chat = chat_chunk()
    anthropic = (
        b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","model":"c",'
        b'"usage":{"input_tokens":1,"output_tokens":1}}}\n\n'
    )
    responses = (
        b'event: response.created\ndata: {"type":"response.created","response":{"id":"r",'
        b'"model":"g","status":"in_progress"}}\n\n'
    )
    return {
        "match GET, no call": best(
            lambda: wire.match("GET", "https://example.com/api/items?page=3"), 100_000
        ),
        "match POST, no call": best(
            lambda: wire.match("POST", "https://example.com/api/items/17/comments?x=1"), 100_000
        ),
        "match a call": best(lambda: wire.match("POST", CHAT_URL), 100_000),
        f"json.loads of the {len(request)} byte request": best(lambda: json.loads(request), 2000),
        "read_request": best(lambda: endpoint.read_request(request, HEADERS, HASHER), 2000),
        f"json.loads of the {len(response)} byte answer": best(lambda: json.loads(response), 5000),
        "reader, feed, finish": best(answer, 5000),
        "chat chunk": stream_chunk(CHAT_URL, b'{"stream":true}', chat, chat),
        "anthropic chunk": stream_chunk(
            "https://api.anthropic.com/v1/messages",
            b'{"stream":true}',
            anthropic,
            anthropic_chunk(),
        ),
        "responses chunk": stream_chunk(
            "https://api.openai.com/v1/responses", b'{"stream":true}', responses, responses_chunk()
        ),
    }


def main(arguments: list[str]) -> None:
    """Print the figures; there is nothing to choose."""
    for name, microseconds in measure().items():
        print(f"{microseconds:9.2f}  {name}")
