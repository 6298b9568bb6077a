"""A stream of chat completions with and without usage, and the server that sends it."""

from __future__ import annotations

import gzip
import json

from fakes import bodies
from fakes.canned import Answer, Canned

BASE = {
    "id": "chatcmpl-2",
    "object": "chat.completion.chunk",
    "created": 1_750_000_000,
    "model": "gpt-test",
    "service_tier": "default",
}
USAGE = {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29}


def stream(*, asked, tail=None, spaced=False):
    """What OpenAI sends with and without the option; ``tail`` comes after ``usage`` in a chunk.

    https://platform.openai.com/docs/api-reference/chat-streaming/streaming#chat_streaming-usage
    """

    def line(fields, usage):
        extra = {"usage": usage} if asked else {}
        separators = (", ", ": ") if spaced else (",", ":")
        text = json.dumps({**BASE, **fields, **extra, **(tail or {})}, separators=separators)
        return f"data: {text}\n\n".encode()

    said = ["", "Hel", 'lo "usage":null', ',"usage":null}']
    lines = [
        line({"choices": [{"index": 0, "delta": {"content": t}, "finish_reason": None}]}, None)
        for t in said
    ]
    lines.append(line({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, None))
    if asked:
        lines.append(line({"choices": []}, USAGE))
    return [*lines, b"data: [DONE]\n\n"]


def serve(**how):
    """A server that does as OpenAI does with the option."""

    def answer(asked):
        options = asked.json.get("stream_options") or {}
        if not asked.json.get("stream"):
            return Answer(bodies.chat().chunks[0], headers=bodies.JSON)
        chunks = stream(asked=options.get("include_usage", False), **how)
        if "gzip" in asked.headers["accept-encoding"]:
            chunks = [gzip.compress(b"".join(chunks))]
            return Answer(chunks=chunks, headers={**bodies.SSE, "content-encoding": "gzip"})
        return Answer(chunks=chunks, headers=bodies.SSE)

    return Canned(answer)


def usage(span):
    return tuple(
        span.attributes.get(f"gen_ai.usage.{name}") for name in ("input_tokens", "output_tokens")
    )
