"""Mistral's conversations; its chat, FIM, agents and embeddings speak OpenAI's formats.

https://docs.mistral.ai/api/#tag/beta.conversations
"""

from __future__ import annotations

from tokenboard.wire.answer import Answer
from tokenboard.wire.openai_usage import read_usage
from tokenboard.wire.request import Draft, plain
from tokenboard.wire.values import Json, items, obj, objects, text

_NUMBERS = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "random_seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}


def read(draft: Draft, body: Json) -> None:
    """Read a request that starts, goes on with or restarts a conversation."""
    draft.model = text(body.get("model")) or draft.model
    draft.stream = body.get("stream") is True or draft.stream
    arguments = obj(body.get("completion_args")) or {}
    draft.numbers(arguments, _NUMBERS)
    draft.stop(arguments.get("stop"))
    if body.get("instructions"):
        draft.opening.append(f"system\n{plain(body['instructions'])}")
    said = body.get("inputs")
    if isinstance(said, str):
        draft.messages = 1
        draft.opening.append(f"user\n{said}")
        draft.trigger = "user"
        return
    entries = items(said)
    draft.messages = len(entries)
    for entry in objects(entries):
        if entry.get("role") == "user":
            draft.opening.append(f"user\n{plain(entry.get('content'))}")
            break
    for entry in objects(entries):
        if entry.get("type") == "function.result":
            draft.result(entry.get("result"))
    last = obj(entries[-1]) if entries else None
    if last is not None:
        draft.role("tool" if last.get("type") == "function.result" else last.get("role"))


class ConversationAnswer(Answer):
    """Reads a whole answer, or the events that build one."""

    __slots__ = ()

    markers = (b"conversation.response", b"function.call", b"error")

    def value(self, body: Json, event: str | None) -> None:
        """See ``Answer.value``."""
        kind = text(body.get("type")) or event
        if kind == "function.call.delta":
            self.tool(body.get("tool_call_id"), body.get("name"), body.get("arguments"))
            return
        for entry in objects(body.get("outputs")):
            self.name(None, entry.get("model"))
            if entry.get("type") == "function.call":
                self.tool(entry.get("tool_call_id"), entry.get("name"), entry.get("arguments"))
        self.name(None, body.get("model"))
        self.conversation_id = text(body.get("conversation_id")) or self.conversation_id
        self.settled = self.model is not None
        usage = read_usage(body)
        if usage is not None:
            self.usage = usage
        if kind == "conversation.response.done" or "outputs" in body:
            self.finished = True
        if kind == "conversation.response.error":
            self.fail(body.get("code"))
        elif body.get("object") == "error":
            self.fail(body.get("type"), body.get("code"))
        elif body.get("error"):
            self.fail((obj(body["error"]) or {}).get("code"))
