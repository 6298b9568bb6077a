"""Anthropic Messages, direct and inside Bedrock and Vertex.

https://docs.claude.com/en/api/messages
https://docs.claude.com/en/docs/build-with-claude/streaming
"""

from __future__ import annotations

from typing import Any

from tokenboard.wire.answer import Answer
from tokenboard.wire.model import Usage
from tokenboard.wire.request import Draft, plain
from tokenboard.wire.values import (
    Json,
    added,
    count,
    first_count,
    first_object,
    obj,
    objects,
    text,
)

_NUMBERS = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
}


def read(draft: Draft, body: Json) -> None:
    """Read a request: https://docs.claude.com/en/api/messages."""
    draft.model = text(body.get("model")) or draft.model
    draft.stream = body.get("stream") is True or draft.stream
    draft.end_user_id = text((obj(body.get("metadata")) or {}).get("user_id"))
    draft.numbers(body, _NUMBERS)
    draft.stop(body.get("stop_sequences"))
    system = body.get("system")
    if system:
        draft.opening.append(f"system\n{plain(system)}")
    draft.chat(body.get("messages"), _results)


def _results(turn: Json) -> list[tuple[Any, bool]]:
    """https://docs.claude.com/en/docs/agents-and-tools/tool-use/implement-tool-use#handling-errors-with-is-error."""
    return [
        (part.get("content"), part.get("is_error") is True)
        for part in objects(turn.get("content"))
        if part.get("type") == "tool_result"
    ]


class MessagesAnswer(Answer):
    """Reads a whole message, or the events that build one."""

    __slots__ = ("_raw",)

    markers = (
        b"message_start",
        b"message_delta",
        b"message_stop",
        b"tool_use",
        b"input_json_delta",
        b"error",
    )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._raw: Json = {}

    def value(self, body: Json, event: str | None) -> None:
        """See ``Answer.value``."""
        kind = text(body.get("type")) or event
        if kind == "message_start":
            self._message(obj(body.get("message")) or {})
        elif kind == "message":
            self._message(body)
            self.finished = True
        elif kind == "message_delta":
            delta = obj(body.get("delta")) or {}
            self.reason(delta.get("stop_reason"))
            self._usage(obj(body.get("usage")))
        elif kind == "message_stop":
            self.finished = True
        elif kind == "content_block_start":
            self._block(obj(body.get("content_block")) or {}, body.get("index"))
        elif kind == "content_block_delta":
            delta = obj(body.get("delta")) or {}
            if delta.get("type") == "input_json_delta":
                self.tool(body.get("index"), None, delta.get("partial_json"))
        elif kind == "error" or body.get("error"):
            details = obj(body.get("error")) or {}
            self.fail(details.get("type"))
        elif "content" in body or "usage" in body:
            self._message(body)
            self.finished = True

    def _message(self, message: Json) -> None:
        self.name(message.get("id"), message.get("model"))
        self.reason(message.get("stop_reason"))
        for index, block in enumerate(objects(message.get("content"))):
            self._block(block, index)
        self._usage(obj(message.get("usage")))

    def _block(self, block: Json, index: Any) -> None:
        if block.get("type") == "tool_use":
            # A stream starts the call with an empty object and sends the text of the real one.
            self.tool(count(index), block.get("name"), block.get("input") or None)

    def _usage(self, usage: Json | None) -> None:
        if usage is None:
            return
        tier = text(usage.get("service_tier"))
        if tier is not None:
            self.tier = tier
        # The counts of a message_delta are cumulative: they replace what message_start said.
        for name, value in usage.items():
            # Imitators send zeros for what they said before (or will say) elsewhere.
            if value is not None and (value != 0 or not self._raw.get(name)):
                self._raw[name] = value
        self.usage = from_object(self._raw)


def from_object(usage: Json) -> Usage | None:
    """Read a usage object; cache reads and writes come on top of ``input_tokens``.

    https://docs.claude.com/en/docs/build-with-claude/prompt-caching#tracking-cache-performance
    The counts at the top leave out what compacting the conversation took, at the same model and
    price: https://docs.claude.com/en/docs/build-with-claude/compaction#understanding-usage
    They leave out an advisor's tokens too. Those belong to another model at another price, which
    one call cannot say, and stay out:
    https://docs.claude.com/en/docs/agents-and-tools/tool-use/advisor-tool
    """
    parts = [usage]
    parts += [each for each in objects(usage.get("iterations")) if each.get("type") == "compaction"]
    read = added(*(first_count(part, "cache_read_input_tokens") for part in parts))
    write = added(*(_written(part) for part in parts))
    tokens_in = added(*(first_count(part, "input_tokens") for part in parts), read, write)
    tokens_out = added(*(first_count(part, "output_tokens") for part in parts))
    if tokens_in is None and tokens_out is None:
        return None
    thinking = [
        first_count(first_object(part, "output_tokens_details"), "thinking_tokens")
        for part in parts
    ]
    return Usage(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=added(
            *(
                first_count(first_object(part, "cache_creation"), "ephemeral_1h_input_tokens")
                for part in parts
            )
        ),
        reasoning_tokens=added(*thinking),
    )


def _written(usage: Json) -> int | None:
    write = first_count(usage, "cache_creation_input_tokens")
    if write is not None:
        return write
    lifetimes = first_object(usage, "cache_creation")
    return added(
        first_count(lifetimes, "ephemeral_5m_input_tokens"),
        first_count(lifetimes, "ephemeral_1h_input_tokens"),
    )


def read_complete(draft: Draft, body: Json) -> None:
    """Read a request to the old text completions: https://docs.claude.com/en/api/complete."""
    read(draft, body)
    draft.operation = "text_completion"
    draft.messages = 1
    draft.trigger = None
    draft.numbers(body, {"max_tokens_to_sample": "max_tokens"})
    draft.opening.append(f"user\n{plain(body.get('prompt'))}")


class CompleteAnswer(MessagesAnswer):
    """Reads old text completions, which tell no usage."""

    __slots__ = ()

    markers = (b'"stop_reason":"', b'"stop_reason": "', b"error")

    def value(self, body: Json, event: str | None) -> None:
        """See ``Answer.value``."""
        if body.get("type") == "completion":
            self.name(body.get("id"), body.get("model"))
            self.reason(body.get("stop_reason"))
        else:
            super().value(body, event)
