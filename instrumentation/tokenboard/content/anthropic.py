"""Anthropic Messages, by whatever road (direct, Vertex AI, Bedrock).

https://docs.claude.com/en/api/messages · https://docs.claude.com/en/docs/build-with-claude/streaming
"""

from __future__ import annotations

from typing import Any

from tokenboard.content.spoken import (
    Asked,
    Heard,
    Part,
    call,
    definition,
    media,
    result,
    said,
    texts,
)
from tokenboard.wire.values import Json, obj, objects, text

REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_call",
    "refusal": "content_filter",
}


def asked(body: Json) -> Asked:
    """Read a request."""
    found = Asked(system=texts(body.get("system")))
    for message in objects(body.get("messages")):
        parts = _parts(message.get("content"))
        only_results = bool(parts) and all(p["type"] == "tool_call_response" for p in parts)
        found.say("tool" if only_results else message.get("role"), parts)
    for tool in objects(body.get("tools")):
        found.tools.append(definition(tool, tool.get("input_schema")))
    return found


def _parts(content: Any) -> list[Part]:
    if isinstance(content, str):
        return [said(content)]
    found: list[Part] = []
    for block in objects(content):
        kind = block.get("type")
        if kind == "text":
            found.append(said(block.get("text")))
        elif kind == "thinking":
            found.append(said(block.get("thinking"), "reasoning"))
        elif kind == "tool_use":
            found.append(call(block.get("id"), block.get("name"), block.get("input")))
        elif kind == "tool_result":
            found.append(result(block.get("tool_use_id"), block.get("content")))
        elif kind in ("image", "document"):
            source = obj(block.get("source")) or {}
            found.append(
                media(
                    source.get("media_type"),
                    uri=source.get("url"),
                    file_id=source.get("file_id"),
                    modality=str(kind),
                )
            )
    return found


class Message(Heard):
    """A whole message, or its events."""

    def value(self, body: Json, event: str | None) -> None:
        """See ``Heard.value``."""
        del event
        kind = body.get("type")
        if kind == "content_block_start":
            self._block(obj(body.get("content_block")) or {}, body.get("index"), streamed=True)
        elif kind == "content_block_delta":
            delta = obj(body.get("delta")) or {}
            self.text(delta.get("text"), body.get("index"))
            self.text(delta.get("thinking"), body.get("index"), kind="reasoning")
            if delta.get("partial_json"):
                self.call(body.get("index"), arguments=delta["partial_json"])
        elif kind == "message_delta":
            delta = obj(body.get("delta")) or {}
            self.reason(delta.get("stop_reason"), words=REASONS)
        elif kind == "message":
            for position, block in enumerate(objects(body.get("content"))):
                self._block(block, position, streamed=False)
            self.reason(body.get("stop_reason"), words=REASONS)

    def _block(self, block: Json, key: Any, *, streamed: bool) -> None:
        kind = text(block.get("type"))
        if kind == "tool_use":
            arguments = block.get("input")
            self.call(key, block.get("id"), block.get("name"), None if streamed else arguments)
        self.text(block.get("text"), key)
        self.text(block.get("thinking"), key, kind="reasoning")
