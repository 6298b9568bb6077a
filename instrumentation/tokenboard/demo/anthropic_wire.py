"""Anthropic Messages as the demo's provider speaks it: https://docs.claude.com/en/api/messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tokenboard.demo.mind import Prompt, Reply, Tool, ToolCall, tokens_of
from tokenboard.demo.transcript import (
    Json,
    RefusedError,
    Transcript,
    file_tokens,
    messages_of,
    schema_arguments,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def read(body: Json, account: str, files: Mapping[str, int]) -> Prompt:
    """Read a request.

    Raises:
        RefusedError: a required field is missing or a file is unknown.
    """
    messages = messages_of(body)
    if "max_tokens" not in body:
        raise RefusedError(400, "invalid_request_error", "max_tokens: Field required")
    transcript = Transcript()
    for block in _blocks(body.get("system") or []):
        transcript.system(block["text"], _cache(block))
    for message in messages:
        blocks = _blocks(message["content"])
        if message["role"] == "assistant":
            calls = tuple(
                ToolCall(b["name"], b["input"]) for b in blocks if b["type"] == "tool_use"
            )
            transcript.model([_bare(b) for b in blocks], calls)
            continue
        for block in blocks:
            _read_block(transcript, block, files)
    return transcript.prompt(
        account=account,
        model=str(body.get("model")),
        tools=tuple(
            Tool(t["name"], schema_arguments(t.get("input_schema")))
            for t in body.get("tools") or ()
        ),
        max_output=body["max_tokens"],
        automatic_cache=False,
    )


def _read_block(transcript: Transcript, block: Json, files: Mapping[str, int]) -> None:
    cache = _cache(block)
    if block["type"] == "tool_result":
        transcript.tool(_text_of(block.get("content") or ""), cache)
    elif block["type"] == "document":
        tokens = file_tokens(files, block["source"]["file_id"])
        transcript.person(_bare(block), tokens=tokens, cache=cache)
    else:
        transcript.person(block.get("text", ""), cache=cache)


def _blocks(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _text_of(content: Any) -> str:
    return "".join(block.get("text", "") for block in _blocks(content))


def _bare(block: Json) -> Json:
    """Return what of a block makes it the same block again: no ids, no marks."""
    return {k: v for k, v in block.items() if k not in ("cache_control", "id") and v is not None}


def _cache(block: Json) -> str | None:
    control: Json | None = block.get("cache_control")
    return None if control is None else control.get("ttl", "5m")


def usage(reply: Reply) -> Json:
    """Return the bill; input excludes both cache counts.

    https://docs.claude.com/en/docs/build-with-claude/prompt-caching#tracking-cache-performance
    """
    fresh = reply.input_tokens - reply.cache_read_tokens - reply.cache_write_tokens
    return {
        "input_tokens": fresh,
        "cache_creation_input_tokens": reply.cache_write_tokens,
        "cache_read_input_tokens": reply.cache_read_tokens,
        "cache_creation": {
            "ephemeral_5m_input_tokens": reply.cache_write_tokens - reply.cache_write_1h_tokens,
            "ephemeral_1h_input_tokens": reply.cache_write_1h_tokens,
        },
        "output_tokens": reply.output_tokens,
        "service_tier": "standard",
    }


def whole(reply: Reply, identity: str, model: str) -> Json:
    """Return the answer as one JSON document."""
    content: list[Json] = [{"type": "text", "text": reply.text, "citations": None}]
    if reply.tool_calls:
        content = [
            {"type": "tool_use", "id": f"toolu_{identity}{n}", "name": c.name, "input": c.arguments}
            for n, c in enumerate(reply.tool_calls)
        ]
    return {
        "id": f"msg_{identity}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": _stop_reason(reply),
        "stop_sequence": None,
        "usage": usage(reply),
    }


def _stop_reason(reply: Reply) -> str:
    if reply.cut_short:
        return "max_tokens"
    return "tool_use" if reply.tool_calls else "end_turn"


def stream(reply: Reply, identity: str, model: str) -> Iterator[bytes]:
    """Yield the answer as server-sent events; usage at the start is provisional, later cumulative.

    https://docs.claude.com/en/docs/build-with-claude/streaming
    """
    message = whole(reply, identity, model)
    start: Json = {**message, "content": [], "stop_reason": None}
    start["usage"] = {**message["usage"], "output_tokens": min(1, reply.output_tokens)}
    yield event({"type": "message_start", "message": start})
    yield event({"type": "ping"})
    block: Json
    for index, block in enumerate(message["content"]):
        is_tool = block["type"] == "tool_use"
        opened: Json = {**block, "input": {}} if is_tool else {**block, "text": ""}
        yield event({"type": "content_block_start", "index": index, "content_block": opened})
        text = json.dumps(block["input"]) if is_tool else block["text"]
        kind, key = ("input_json_delta", "partial_json") if is_tool else ("text_delta", "text")
        for piece in pieces(text):
            delta = {"type": kind, key: piece}
            yield event({"type": "content_block_delta", "index": index, "delta": delta})
        yield event({"type": "content_block_stop", "index": index})
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    counts = {k: v for k, v in message["usage"].items() if k.endswith("_tokens")}
    yield event({"type": "message_delta", "delta": end, "usage": counts})
    yield event({"type": "message_stop"})


def error(refused: RefusedError, request_id: str) -> Json:
    """Return an error's body: https://docs.claude.com/en/api/errors."""
    return {
        "type": "error",
        "error": {"type": refused.kind, "message": refused.message},
        "request_id": request_id,
    }


def event(data: Json) -> bytes:
    """Return one named server-sent event."""
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def pieces(text: str, size: int = 24) -> Iterator[str]:
    """Cut a text as streams do, into a handful of characters each."""
    return (text[i : i + size] for i in range(0, len(text), size))


def count(prompt: Prompt) -> Json:
    """Return the answer of the token counting endpoint, which bills nothing."""
    return {"input_tokens": sum(i.tokens for i in prompt.items) or tokens_of("")}
