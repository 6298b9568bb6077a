"""OpenAI Chat Completions and Responses as the demo's provider speaks them.

https://platform.openai.com/docs/api-reference/chat and …/responses
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tokenboard.demo.anthropic_wire import event, pieces
from tokenboard.demo.mind import Prompt, Reply, Tool, ToolCall
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

CREATED = 1_700_000_000
"""Answers are the same for the same seed, their time of creation too."""


# --- Chat Completions ----------------------------------------------------------------------------


def read_chat(body: Json, account: str, files: Mapping[str, int]) -> Prompt:
    """Read a chat request.

    Raises:
        RefusedError: a required field is missing or a file is unknown.
    """
    transcript = Transcript()
    for message in messages_of(body):
        role, content = message["role"], message.get("content")
        if role in ("system", "developer"):
            transcript.system(content)
        elif role == "assistant":
            functions: list[Json] = [call["function"] for call in message.get("tool_calls") or ()]
            calls = tuple(ToolCall(f["name"], json.loads(f["arguments"])) for f in functions)
            transcript.model([content, functions], calls)
        elif role == "tool":
            transcript.tool(content)
        else:
            _read_person(transcript, content, files)
    return transcript.prompt(
        account=account,
        model=str(body.get("model")),
        tools=tuple(
            Tool(t["function"]["name"], schema_arguments(t["function"].get("parameters")))
            for t in body.get("tools") or ()
        ),
        max_output=body.get("max_completion_tokens") or body.get("max_tokens"),
        automatic_cache=True,
    )


def _read_person(transcript: Transcript, content: Any, files: Mapping[str, int]) -> None:
    """Read a person's message: text, or parts of text and files of either API."""
    parts: list[Json] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    for part in parts:
        if part["type"] in ("file", "input_file"):
            name = part["file_id"] if part["type"] == "input_file" else part["file"]["file_id"]
            transcript.person(part, tokens=file_tokens(files, name))
        else:
            transcript.person(part["text"])


def chat_usage(reply: Reply) -> Json:
    """Return the bill: cached tokens are part of the prompt, reasoning of the completion."""
    return {
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": reply.input_tokens + reply.output_tokens,
        "prompt_tokens_details": {"cached_tokens": reply.cache_read_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reply.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def chat_whole(reply: Reply, identity: str, model: str) -> Json:
    """Return the answer as one JSON document."""
    message: Json = {
        "role": "assistant",
        "content": reply.text or None,
        "refusal": None,
        "annotations": [],
    }
    if reply.tool_calls:
        message["tool_calls"] = _chat_calls(reply, identity)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}
    return {
        **_chat_head(identity, model, "chat.completion"),
        "choices": [choice],
        "usage": chat_usage(reply),
    }


def _chat_head(identity: str, model: str, kind: str) -> Json:
    return {
        "id": f"chatcmpl-{identity}",
        "object": kind,
        "created": CREATED,
        "model": model,
        "service_tier": "default",
        "system_fingerprint": "fp_demo",
    }


def _chat_calls(reply: Reply, identity: str) -> list[Json]:
    return [
        {
            "id": f"call_{identity}{n}",
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
        }
        for n, call in enumerate(reply.tool_calls)
    ]


def _finish(reply: Reply) -> str:
    if reply.cut_short:
        return "length"
    return "tool_calls" if reply.tool_calls else "stop"


def chat_stream(reply: Reply, identity: str, model: str, *, with_usage: bool) -> Iterator[bytes]:
    """Yield the answer as chunks; usage comes in a last one without choices, only if asked for.

    https://platform.openai.com/docs/api-reference/chat/create#chat_create-stream_options
    """
    head = _chat_head(identity, model, "chat.completion.chunk")
    if with_usage:
        head["usage"] = None

    def chunk(delta: Json, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _data({**head, "choices": [choice]})

    yield chunk({"role": "assistant", "content": None if reply.tool_calls else "", "refusal": None})
    for piece in pieces(reply.text):
        yield chunk({"content": piece})
    for index, call in enumerate(_chat_calls(reply, identity)):
        function: Json = call["function"]
        opening = {**call, "function": {"name": function["name"], "arguments": ""}}
        yield chunk({"tool_calls": [{"index": index, **opening}]})
        for piece in pieces(function["arguments"]):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, _finish(reply))
    if with_usage:
        yield _data({**head, "choices": [], "usage": chat_usage(reply)})
    yield b"data: [DONE]\n\n"


def _data(document: Json) -> bytes:
    return f"data: {json.dumps(document)}\n\n".encode()


# --- Responses -----------------------------------------------------------------------------------


def read_response(
    body: Json, account: str, files: Mapping[str, int], before: Transcript | None
) -> tuple[Prompt, Transcript]:
    """Read a Responses request that continues ``before``; also return the conversation so far.

    Raises:
        RefusedError: a file is unknown.
    """
    transcript = before.copy() if before else Transcript()
    if body.get("instructions"):
        transcript.system(body["instructions"])
    content = body.get("input") or ""
    entries: list[Json] = (
        [{"role": "user", "content": content}] if isinstance(content, str) else content
    )
    calls: list[ToolCall] = []
    for entry in entries:
        kind = entry.get("type", "message")
        if kind == "function_call":
            calls.append(ToolCall(entry["name"], json.loads(entry["arguments"])))
            continue
        if calls:
            transcript.model([[c.name, c.arguments] for c in calls], tuple(calls))
            calls = []
        if kind == "function_call_output":
            transcript.tool(entry["output"])
        elif entry.get("role") in ("system", "developer"):
            transcript.system(entry["content"])
        elif entry.get("role") == "assistant":
            transcript.model(entry["content"])
        elif kind == "message":
            _read_person(transcript, entry["content"], files)
    prompt = transcript.prompt(
        account=account,
        model=str(body.get("model")),
        tools=tuple(
            Tool(t["name"], schema_arguments(t.get("parameters"))) for t in body.get("tools") or ()
        ),
        max_output=body.get("max_output_tokens"),
        automatic_cache=True,
    )
    return prompt, transcript


def remember(transcript: Transcript, reply: Reply) -> Transcript:
    """Return the conversation with the answer added, for ``previous_response_id``."""
    transcript.model(
        [reply.text, [[c.name, c.arguments] for c in reply.tool_calls]], reply.tool_calls
    )
    return transcript


def response_usage(reply: Reply) -> Json:
    """Return the bill, in the newer names."""
    return {
        "input_tokens": reply.input_tokens,
        "input_tokens_details": {"cached_tokens": reply.cache_read_tokens},
        "output_tokens": reply.output_tokens,
        "output_tokens_details": {"reasoning_tokens": reply.reasoning_tokens},
        "total_tokens": reply.input_tokens + reply.output_tokens,
    }


def response_whole(reply: Reply, identity: str, model: str, previous: str | None) -> Json:
    """Return the answer as one JSON document."""
    if reply.tool_calls:
        output: list[Json] = [
            {
                "type": "function_call",
                "id": f"fc_{identity}{n}",
                "call_id": f"call_{identity}{n}",
                "name": call.name,
                "arguments": json.dumps(call.arguments),
                "status": "completed",
            }
            for n, call in enumerate(reply.tool_calls)
        ]
    else:
        text: Json = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
        output = [
            {
                "type": "message",
                "id": f"msg_{identity}",
                "status": "completed",
                "role": "assistant",
                "content": [text],
            }
        ]
    return {
        **_response_head(identity, model, previous),
        "status": "incomplete" if reply.cut_short else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if reply.cut_short else None,
        "output": output,
        "usage": response_usage(reply),
    }


def _response_head(identity: str, model: str, previous: str | None) -> Json:
    return {
        "id": f"resp_{identity}",
        "object": "response",
        "created_at": CREATED,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": previous,
        "service_tier": "default",
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": None,
    }


def response_stream(
    reply: Reply, identity: str, model: str, previous: str | None
) -> Iterator[bytes]:
    """Yield the answer as numbered events, the whole of it with its bill in the last one.

    https://platform.openai.com/docs/api-reference/responses-streaming
    """
    for number, data in enumerate(_response_events(reply, identity, model, previous)):
        yield event({**data, "sequence_number": number})


def _response_events(
    reply: Reply, identity: str, model: str, previous: str | None
) -> Iterator[Json]:
    head = _response_head(identity, model, previous)
    yield {"type": "response.created", "response": head}
    yield {"type": "response.in_progress", "response": head}
    final = response_whole(reply, identity, model, previous)
    entry: Json
    for index, entry in enumerate(final["output"]):
        at = {"output_index": index, "item_id": entry["id"]}
        if entry["type"] == "function_call":
            opened: Json = {**entry, "arguments": "", "status": "in_progress"}
            yield {"type": "response.output_item.added", "output_index": index, "item": opened}
            kind = "response.function_call_arguments"
            for piece in pieces(entry["arguments"]):
                yield {"type": f"{kind}.delta", **at, "delta": piece}
            yield {
                "type": f"{kind}.done",
                **at,
                "name": entry["name"],
                "arguments": entry["arguments"],
            }
        else:
            opened = {**entry, "content": [], "status": "in_progress"}
            yield {"type": "response.output_item.added", "output_index": index, "item": opened}
            at["content_index"] = 0
            part: Json = entry["content"][0]
            empty = {**part, "text": ""}
            yield {"type": "response.content_part.added", **at, "part": empty}
            for piece in pieces(part["text"]):
                yield {
                    "type": "response.output_text.delta",
                    **at,
                    "delta": piece,
                    "logprobs": [],
                }
            yield {
                "type": "response.output_text.done",
                **at,
                "text": part["text"],
                "logprobs": [],
            }
            yield {"type": "response.content_part.done", **at, "part": part}
        yield {"type": "response.output_item.done", "output_index": index, "item": entry}
    yield {"type": f"response.{final['status']}", "response": final}


def error(refused: RefusedError) -> Json:
    """Return an error's body: https://platform.openai.com/docs/guides/error-codes."""
    return {
        "error": {
            "message": refused.message,
            "type": refused.kind,
            "param": None,
            "code": refused.code,
        }
    }
