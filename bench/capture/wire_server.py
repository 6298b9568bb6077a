"""A provider on localhost that answers with prepared bytes, and an OTLP sink.

Run as a program it prints its port and serves until its standard input closes. Every answer is
built once: what a benchmark sees of the server's own work is the same for each contender.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

CHUNKS = 200
# The truth about every answer, in the conventions' sense (input includes cached tokens).
INPUT_TOKENS, OUTPUT_TOKENS, CACHED_TOKENS = 1200, 200, 1000

_WORDS = "All of the requested figures were checked against the ledger and they agree. "


def _openai_usage() -> dict[str, Any]:
    # https://platform.openai.com/docs/api-reference/chat/object: cached are part of the prompt's
    return {
        "prompt_tokens": INPUT_TOKENS,
        "completion_tokens": OUTPUT_TOKENS,
        "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 64, "audio_tokens": 0},
    }


def _anthropic_usage(output: int) -> dict[str, Any]:
    # https://docs.claude.com/en/api/messages: input_tokens leaves cached tokens out
    return {
        "input_tokens": INPUT_TOKENS - CACHED_TOKENS,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": CACHED_TOKENS,
        "output_tokens": output,
        "service_tier": "standard",
    }


def _openai_call() -> bytes:
    return _json(
        {
            "id": "chatcmpl-bench0001",
            "object": "chat.completion",
            "created": 1763800000,
            "model": "gpt-5.1-2026-08-07",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": _WORDS * 12, "refusal": None},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": _openai_usage(),
            "service_tier": "default",
            "system_fingerprint": "fp_bench",
        }
    )


def _openai_stream(*, usage: bool) -> bytes:
    def chunk(choices: list[dict[str, Any]], usage: object = None) -> dict[str, Any]:
        return {
            "id": "chatcmpl-bench0002",
            "object": "chat.completion.chunk",
            "created": 1763800000,
            "model": "gpt-5.1-2026-08-07",
            "service_tier": "default",
            "system_fingerprint": "fp_bench",
            "choices": choices,
            "usage": usage,
        }

    def choice(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}

    chunks = [chunk([choice({"role": "assistant", "content": "", "refusal": None})])]
    chunks += [chunk([choice({"content": " agreed"})]) for _ in range(CHUNKS - 3)]
    chunks += [chunk([choice({}, "stop")])]
    # https://platform.openai.com/docs/api-reference/chat/create: only if include_usage is set
    chunks += [chunk([], _openai_usage())] if usage else [chunk([choice({})])]
    events = [b"data: " + json.dumps(c, separators=(",", ":")).encode() + b"\n\n" for c in chunks]
    return _sse([*events, b"data: [DONE]\n\n"])


def _anthropic_message(identity: str, content: list[Any], output: int) -> dict[str, Any]:
    return {
        "id": identity,
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-4-8",
        "content": content,
        "stop_reason": "end_turn" if content else None,
        "stop_sequence": None,
        "usage": _anthropic_usage(output),
    }


def _anthropic_call() -> bytes:
    text = [{"type": "text", "text": _WORDS * 12}]
    return _json(_anthropic_message("msg_bench0001", text, OUTPUT_TOKENS))


def _anthropic_stream() -> bytes:
    delta = {"type": "text_delta", "text": " agreed"}
    events: list[dict[str, Any]] = [
        # message_start carries a first count of 1; message_delta's is the cumulative truth
        {"type": "message_start", "message": _anthropic_message("msg_bench0002", [], 1)},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "text", "text": ""},
        },
    ]
    events += [
        {"type": "content_block_delta", "index": 0, "delta": delta} for _ in range(CHUNKS - 5)
    ]
    events += [
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": OUTPUT_TOKENS},
        },
        {"type": "message_stop"},
    ]
    return _sse(
        [
            f"event: {event['type']}\ndata: {json.dumps(event, separators=(',', ':'))}\n\n".encode()
            for event in events
        ]
    )


def _json(body: dict[str, Any]) -> bytes:
    payload = json.dumps(body).encode()
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\n"
        b"request-id: req_bench\r\ncontent-length: %d\r\n\r\n%s" % (len(payload), payload)
    )


def _sse(events: list[bytes]) -> bytes:
    """One HTTP chunk an event: the client's parser hands each of them on by itself."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in events)
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
        b"x-request-id: req_bench\r\nrequest-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n"
        + body
        + b"0\r\n\r\n"
    )


_EMPTY = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n"
# (path, streamed, usage asked for) -> answer
_ANSWERS = {
    (b"/v1/chat/completions", False, False): _openai_call(),
    (b"/v1/chat/completions", True, True): _openai_stream(usage=True),
    (b"/v1/chat/completions", True, False): _openai_stream(usage=False),
    (b"/v1/messages", False, False): _anthropic_call(),
    (b"/v1/messages", True, False): _anthropic_stream(),
}


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while (end := self._seen.find(b"\r\n\r\n")) >= 0:
            head, rest = self._seen[:end], self._seen[end + 4 :]
            lowered = head.lower()
            length = 0
            if (at := lowered.find(b"content-length:")) >= 0:
                length = int(lowered[at + 15 :].split(b"\r\n", 1)[0])
            elif b"chunked" in lowered:
                if b"0\r\n\r\n" not in rest:
                    return
                length = rest.index(b"0\r\n\r\n") + 5
            if len(rest) < length:
                return
            body, self._seen = rest[:length], rest[length:]
            path = head.split(b" ", 2)[1]
            compact = body.replace(b" ", b"")
            asked = (b'"stream":true' in compact, b'"include_usage":true' in compact)
            assert isinstance(self._transport, asyncio.WriteTransport)
            self._transport.write(_ANSWERS.get((path.split(b"?")[0], *asked), _EMPTY))


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
