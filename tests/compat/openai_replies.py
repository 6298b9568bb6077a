"""What OpenAI answers, written from its documentation; the address stands beside each."""

from __future__ import annotations

import base64
import struct
from typing import Any

from compat.turn import Turn, wants_tool
from fakes.canned import Answer, document, events


# https://platform.openai.com/docs/api-reference/chat/object and …/chat-streaming
def openai_chat(turn: Turn) -> Answer:
    body, number = turn.body, turn.number
    model = body["model"]
    identity = turn.name("chatcmpl-")
    usage = {
        "prompt_tokens": turn.input,
        "completion_tokens": turn.output,
        "total_tokens": turn.input + turn.output,
        "prompt_tokens_details": {"cached_tokens": turn.cached},
    }
    tool = wants_tool(body)
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
def openai_responses(turn: Turn) -> Answer:
    body, number = turn.body, turn.number
    model, identity = body["model"], turn.name("resp_")
    turn.bill(model, cached=turn.cached, id=identity, streamed=bool(body.get("stream")))
    text = "".join(turn.words)
    tool = wants_tool(body)
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
def openai_embeddings(turn: Turn) -> Answer:
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
