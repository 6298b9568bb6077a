"""What Anthropic, Gemini and Bedrock answer, written from their documentation; the address stands beside each."""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from typing import Any

from compat.turn import Turn, wants_tool
from fakes.canned import Answer, document, events


# https://docs.claude.com/en/api/messages and …/build-with-claude/streaming
def anthropic(turn: Turn) -> Answer:
    body = turn.body
    identity = turn.name("msg_01")
    turn.bill(
        body["model"],
        input=turn.input + turn.cached,  # input_tokens leaves the cached ones out
        cached=turn.cached,
        id=identity,
        streamed=bool(body.get("stream")),
    )
    return _messages(turn, identity, body["model"], stream=bool(body.get("stream")))


def _message(turn: Turn, identity: str, model: str) -> dict[str, Any]:
    tool = wants_tool(turn.body)
    content: dict[str, Any] = {"type": "text", "text": "".join(turn.words)}
    if tool:
        content = {
            "type": "tool_use",
            "id": f"toolu_{turn.number}",
            "name": tool,
            "input": {"city": "Bern"},
        }
    return {
        "id": identity,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [content],
        "stop_reason": "tool_use" if tool else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": turn.input,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": turn.cached,
            "output_tokens": turn.output,
        },
    }


def _messages(turn: Turn, identity: str, model: str, *, stream: bool) -> Answer:
    message = _message(turn, identity, model)
    if not stream:
        return document(message)
    return events(*_message_events(message), named=True)


def _message_events(message: dict[str, Any]) -> list[dict[str, Any]]:
    usage, (block,) = message["usage"], message["content"]
    begun = {
        **message,
        "content": [],
        "stop_reason": None,
        "usage": {**usage, "output_tokens": 1},  # a first count: message_delta's replaces it
    }
    empty: dict[str, Any] = {**block, "input": {}} if "input" in block else {**block, "text": ""}
    deltas = (
        [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
        if "input" in block
        else [{"type": "text_delta", "text": word} for word in block["text"].split(" ")]
    )
    ended = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    return [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": ended,
            "usage": {"output_tokens": usage["output_tokens"]},
        },
        {"type": "message_stop"},
    ]


# https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse
def gemini(turn: Turn) -> Answer:
    match = re.search(r"models/([^/:]+):(\w+)", turn.path)
    assert match is not None
    model, method = match.groups()
    identity = turn.name("")
    thoughts = 5 + turn.number
    stream = method == "streamGenerateContent"
    turn.bill(
        model,
        output=turn.output + thoughts,  # thoughts are billed as output and counted apart
        cached=turn.cached,
        id=identity,
        streamed=stream,
    )

    def chunk(text: str, **more: Any) -> dict[str, Any]:
        candidate = {"index": 0, "content": {"role": "model", "parts": [{"text": text}]}}
        return {
            "candidates": [candidate | more],
            "modelVersion": model,
            "responseId": identity,
            "usageMetadata": {"promptTokenCount": turn.input, "totalTokenCount": turn.input},
        }

    last = chunk("".join(turn.words), finishReason="STOP")
    last["usageMetadata"] = {
        "promptTokenCount": turn.input,
        "candidatesTokenCount": turn.output,
        "cachedContentTokenCount": turn.cached,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": turn.input + turn.output + thoughts,
    }
    if not stream:
        return document(last)
    return events(chunk("All"), chunk(" is"), last)


def gemini_count(turn: Turn) -> Answer:
    return document({"totalTokens": turn.input})  # not a generation: nothing is billed


def _crc(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


# https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html: the frame's layout
def _frame(kind: str, payload: dict[str, Any]) -> bytes:
    headers = b""
    pairs = (
        (":event-type", kind),
        (":content-type", "application/json"),
        (":message-type", "event"),
    )
    for name, value in pairs:
        headers += bytes([len(name)]) + name.encode()
        headers += b"\7" + struct.pack(">H", len(value)) + value.encode()
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    message = prelude + _crc(prelude) + headers + body
    return message + _crc(message)


# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and …_ConverseStream
def converse(turn: Turn) -> Answer:
    from urllib.parse import unquote

    match = re.search(r"/model/([^/]+)/(converse(?:-stream)?)$", turn.path)
    assert match is not None
    model, stream = unquote(match[1]), match[2].endswith("stream")
    turn.bill(model, input=turn.input + turn.cached, cached=turn.cached, streamed=stream)
    usage = {
        "inputTokens": turn.input,  # cached tokens stand beside it
        "outputTokens": turn.output,
        "totalTokens": turn.input + turn.cached + turn.output,
        "cacheReadInputTokens": turn.cached,
    }
    text = "".join(turn.words)
    if not stream:
        return document(
            {
                "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
                "stopReason": "end_turn",
                "usage": usage,
                "metrics": {"latencyMs": 5},
            }
        )
    frames = [
        _frame("messageStart", {"role": "assistant"}),
        *(
            _frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": word}})
            for word in turn.words
        ),
        _frame("contentBlockStop", {"contentBlockIndex": 0}),
        _frame("messageStop", {"stopReason": "end_turn"}),
        _frame("metadata", {"usage": usage, "metrics": {"latencyMs": 5}}),
    ]
    return Answer(chunks=frames, headers={"content-type": "application/vnd.amazon.eventstream"})


# https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
def invoke(turn: Turn) -> Answer:
    from urllib.parse import unquote

    match = re.search(r"/model/([^/]+)/(invoke(?:-with-response-stream)?)$", turn.path)
    assert match is not None
    model, stream = unquote(match[1]), match[2] != "invoke"
    identity = turn.name("msg_bdrk_01")
    turn.bill(
        model, input=turn.input + turn.cached, cached=turn.cached, id=identity, streamed=stream
    )
    message = _message(turn, identity, model.rpartition("anthropic.")[2])
    if not stream:
        return document(message)
    frames = [
        _frame("chunk", {"bytes": base64.b64encode(json.dumps(event).encode()).decode()})
        for event in _message_events(message)
    ]
    return Answer(chunks=frames, headers={"content-type": "application/vnd.amazon.eventstream"})
