"""What Cohere and Ollama answer, written from their documentation; the address stands beside each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fakes.canned import Answer, document, events

if TYPE_CHECKING:
    from compat.turn import Turn


# https://docs.cohere.com/reference/chat and …/chat-stream: billed_units are what is billed,
# tokens what was read, and the two differ by what Cohere adds to the prompt
def cohere_chat(turn: Turn) -> Answer:
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
def cohere_embed(turn: Turn) -> Answer:
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


def _ollama_end(turn: Turn) -> dict[str, Any]:
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
def ollama(turn: Turn) -> Answer:
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


def ollama_embed(turn: Turn) -> Answer:
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
