"""A provider that speaks many wire formats and keeps a ledger of what it billed.

Every answer bears token counts of its own, so a span can be matched with the one request that it
must stand for, whatever a framework did in between. Bodies are written from the providers'
documentation; the address stands beside each.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import struct
import threading
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from fakes.canned import Answer, Asked, Canned, document, events

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Billed:
    """One generation, in the conventions' sense: ``input`` includes ``cached``."""

    model: str
    input: int
    output: int | None
    cached: int | None = None
    streamed: bool = False
    id: str | None = None
    known: bool = True
    """Whether the answer told its usage at all."""


@dataclass
class _Turn:
    """One request being answered."""

    path: str
    body: dict[str, Any]
    number: int
    salt: str
    ledger: list[Billed] = field(default_factory=list)

    def name(self, prefix: str) -> str:
        """An id as long and random as real ones are, and the same each time for one request."""
        digits = hashlib.sha256(f"{prefix}{self.number}{self.salt}".encode()).hexdigest()
        return f"{prefix}{digits[:24]}"

    @property
    def input(self) -> int:
        return 1000 + 7 * self.number

    @property
    def output(self) -> int:
        return 100 + 3 * self.number

    @property
    def cached(self) -> int:
        return 10 + self.number

    @property
    def words(self) -> list[str]:
        return ["All", " is", " well", f" ({self.number})."]

    def bill(self, model: str, **changes: Any) -> None:
        plain: dict[str, Any] = {"input": self.input, "output": self.output}
        self.ledger.append(Billed(model, **(plain | changes)))


class Ledger:
    """The provider, as a context manager; ``billed`` is what it wrote down."""

    def __init__(self) -> None:
        self.billed: list[Billed] = []
        self.unknown: list[str] = []
        self._lock = threading.Lock()
        self._count = 0
        self._salt = secrets.token_hex(8)
        self._server = Canned(self._answer)

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def asked(self) -> list[Asked]:
        return self._server.asked

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *exit_: object) -> None:
        self._server.__exit__(*exit_)

    def _answer(self, asked: Asked) -> Answer:
        with self._lock:
            self._count += 1
            number = self._count
        path = asked.path.split("?")[0]
        for pattern, answer in _ROUTES:
            if asked.method == "POST" and re.search(pattern, path):
                turn = _Turn(asked.path, json.loads(asked.body or b"{}"), number, self._salt)
                reply = answer(turn)
                with self._lock:
                    self.billed += turn.ledger
                return reply
        self.unknown.append(f"{asked.method} {asked.path}")
        return document({"error": {"message": f"no such path: {path}"}}, 404)


def _wants_tool(body: dict[str, Any]) -> str | None:
    """The tool to call: the first one offered, until its result is in the request."""
    if not body.get("tools") or "result-of-tool" in json.dumps(body):
        return None
    tool = body["tools"][0]
    return tool.get("name") or tool.get("function", {}).get("name")


# https://platform.openai.com/docs/api-reference/chat/object and …/chat-streaming
def _openai_chat(turn: _Turn) -> Answer:
    body, number = turn.body, turn.number
    model = body["model"]
    identity = turn.name("chatcmpl-")
    usage = {
        "prompt_tokens": turn.input,
        "completion_tokens": turn.output,
        "total_tokens": turn.input + turn.output,
        "prompt_tokens_details": {"cached_tokens": turn.cached},
    }
    tool = _wants_tool(body)
    message: dict[str, Any] = {"role": "assistant", "content": "".join(turn.words)}
    if tool:
        call = {"name": tool, "arguments": '{"city": "Bern"}'}
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": f"call_{number}", "type": "function", "function": call}],
        }
    finish = "tool_calls" if tool else "stop"
    common = {"id": identity, "created": 1763800000, "model": model}
    if not body.get("stream"):
        turn.bill(model, cached=turn.cached, id=identity)
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return document(
            {**common, "object": "chat.completion", "choices": [choice], "usage": usage}
        )
    # Mistral sends usage with the last chunk unasked: https://docs.mistral.ai/api/
    asked = (body.get("stream_options") or {}).get("include_usage") or "mistral" in model
    turn.bill(model, cached=turn.cached, id=identity, streamed=True, known=bool(asked))
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    if tool:
        deltas.append({"tool_calls": [{"index": 0, **message["tool_calls"][0]}]})
    else:
        deltas += [{"content": word} for word in turn.words]
    shape = {**common, "object": "chat.completion.chunk"}
    chunks: list[dict[str, Any]] = [
        {**shape, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        for delta in deltas
    ]
    last = {**shape, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    if "mistral" in model:
        last["choices"][0]["delta"] = {"content": ""}
        last["usage"] = usage
    chunks.append(last)
    if asked and "mistral" not in model:
        chunks.append({**shape, "choices": [], "usage": usage})
    return events(*chunks, done=True)


# https://platform.openai.com/docs/api-reference/responses/object and …/responses-streaming
def _openai_responses(turn: _Turn) -> Answer:
    body, number = turn.body, turn.number
    model, identity = body["model"], turn.name("resp_")
    turn.bill(model, cached=turn.cached, id=identity, streamed=bool(body.get("stream")))
    text = "".join(turn.words)
    tool = _wants_tool(body)
    item: dict[str, Any] = {
        "id": f"msg_{number}",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}],
    }
    if tool:
        item = {
            "id": f"fc_{number}",
            "type": "function_call",
            "status": "completed",
            "call_id": f"call_{number}",
            "name": tool,
            "arguments": '{"city": "Bern"}',
        }
    response: dict[str, Any] = {
        "id": identity,
        "object": "response",
        "created_at": 1763800000,
        "status": "completed",
        "model": model,
        "output": [item],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "usage": {
            "input_tokens": turn.input,
            "input_tokens_details": {"cached_tokens": turn.cached, "cache_write_tokens": 0},
            "output_tokens": turn.output,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": turn.input + turn.output,
        },
    }
    if not body.get("stream"):
        return document(response)
    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    parts: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**item, "status": "in_progress"},
        },
    ]
    if not tool:
        at = {"item_id": item["id"], "output_index": 0, "content_index": 0}
        part = item["content"][0]
        parts.append({"type": "response.content_part.added", **at, "part": {**part, "text": ""}})
        parts += [
            {"type": "response.output_text.delta", **at, "delta": word, "logprobs": []}
            for word in turn.words
        ]
        parts.append({"type": "response.output_text.done", **at, "text": text, "logprobs": []})
        parts.append({"type": "response.content_part.done", **at, "part": part})
    parts += [
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": response},
    ]
    for sequence, part in enumerate(parts):
        part["sequence_number"] = sequence
    return events(*parts, named=True)


# https://platform.openai.com/docs/api-reference/embeddings/create
def _openai_embeddings(turn: _Turn) -> Answer:
    turn.bill(turn.body["model"], output=None)
    vector: Any = [0.25, -0.5]
    if turn.body.get("encoding_format") == "base64":
        vector = base64.b64encode(struct.pack("<2f", 0.25, -0.5)).decode()
    return document(
        {
            "object": "list",
            "model": turn.body["model"],
            "data": [{"object": "embedding", "index": 0, "embedding": vector}],
            "usage": {"prompt_tokens": turn.input, "total_tokens": turn.input},
        }
    )


# https://docs.claude.com/en/api/messages and …/build-with-claude/streaming
def _anthropic(turn: _Turn) -> Answer:
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


def _message(turn: _Turn, identity: str, model: str) -> dict[str, Any]:
    tool = _wants_tool(turn.body)
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


def _messages(turn: _Turn, identity: str, model: str, *, stream: bool) -> Answer:
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
def _gemini(turn: _Turn) -> Answer:
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


def _gemini_count(turn: _Turn) -> Answer:
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
def _converse(turn: _Turn) -> Answer:
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
def _invoke(turn: _Turn) -> Answer:
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


# https://docs.cohere.com/reference/chat and …/chat-stream: billed_units are what is billed,
# tokens what was read, and the two differ by what Cohere adds to the prompt
def _cohere_chat(turn: _Turn) -> Answer:
    model, identity = turn.body["model"], turn.name("")
    stream = bool(turn.body.get("stream"))
    turn.bill(model, id=identity, streamed=stream)
    counts = {"input_tokens": turn.input, "output_tokens": turn.output}
    usage = {"billed_units": counts, "tokens": counts}
    if not stream:
        return document(
            {
                "id": identity,
                "finish_reason": "COMPLETE",
                "message": {
                    "role": "assistant",
                    "content": [{"type": "text", "text": "".join(turn.words)}],
                },
                "usage": usage,
            }
        )
    block = {"type": "text", "text": ""}
    return events(
        {
            "type": "message-start",
            "id": identity,
            "delta": {"message": {"role": "assistant", "content": [], "tool_calls": []}},
        },
        {"type": "content-start", "index": 0, "delta": {"message": {"content": block}}},
        *(
            {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": word}}}}
            for word in turn.words
        ),
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}},
        named=True,
    )


# https://docs.cohere.com/reference/embed
def _cohere_embed(turn: _Turn) -> Answer:
    identity = turn.name("")
    turn.bill(turn.body["model"], output=None, id=identity)
    return document(
        {
            "id": identity,
            "embeddings": {"float": [[0.25, -0.5]]},
            "texts": ["a"],
            "meta": {"billed_units": {"input_tokens": turn.input}},
            "response_type": "embeddings_by_type",
        }
    )


def _ollama_end(turn: _Turn) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": "stop",
        "total_duration": 5,
        "load_duration": 1,
        "prompt_eval_count": turn.input,
        "prompt_eval_duration": 2,
        "eval_count": turn.output,
        "eval_duration": 2,
    }


# https://github.com/ollama/ollama/blob/main/docs/api.md: streams unless told otherwise, as JSON lines
def _ollama(turn: _Turn) -> Answer:
    model, stream = turn.body["model"], turn.body.get("stream", True)
    turn.bill(model, streamed=stream)
    common = {"model": model, "created_at": "2026-11-01T00:00:00Z"}

    def part(text: str) -> dict[str, Any]:
        if turn.path.endswith("/generate"):
            return {"response": text}
        return {"message": {"role": "assistant", "content": text}}

    if not stream:
        return document({**common, **part("".join(turn.words)), **_ollama_end(turn)})
    lines = [{**common, **part(word), "done": False} for word in turn.words]
    lines.append({**common, **part(""), **_ollama_end(turn)})
    return Answer(
        chunks=[json.dumps(line).encode() + b"\n" for line in lines],
        headers={"content-type": "application/x-ndjson"},
    )


def _ollama_embed(turn: _Turn) -> Answer:
    turn.bill(turn.body["model"], output=None)
    return document(
        {
            "model": turn.body["model"],
            "embeddings": [[0.25, -0.5]],
            "total_duration": 5,
            "load_duration": 1,
            "prompt_eval_count": turn.input,
        }
    )


_ROUTES: tuple[tuple[str, Callable[[_Turn], Answer]], ...] = (
    (r"/messages/count_tokens$", lambda turn: document({"input_tokens": turn.input})),
    (r"/chat/completions$", _openai_chat),
    (r"/responses$", _openai_responses),
    (r"/model/.+/converse(-stream)?$", _converse),
    (r"/model/.+/invoke(-with-response-stream)?$", _invoke),
    (r":(generateContent|streamGenerateContent)$", _gemini),
    (r":countTokens$", _gemini_count),
    (r"/v2/chat$", _cohere_chat),
    (r"/v2/embed$", _cohere_embed),
    (r"/api/(chat|generate)$", _ollama),
    (r"/api/embed$", _ollama_embed),
    (r"/embeddings$", _openai_embeddings),
    (r"/v1/messages$", _anthropic),
)
