"""Mistral's conversations; its chat speaks OpenAI's format.

https://docs.mistral.ai/api/#tag/beta.conversations
"""

from __future__ import annotations

from typing import Any

from tokenboard.content.spoken import Asked, Heard, Part, call, definition, result, said, texts
from tokenboard.wire.values import Json, obj, objects, text


def asked(body: Json) -> Asked:
    """Read a request that starts, goes on with or restarts a conversation."""
    found = Asked(system=texts(body.get("instructions")))
    given = body.get("inputs")
    if isinstance(given, str):
        found.say("user", [said(given)])
    for entry in objects(given):
        kind = entry.get("type")
        if kind == "function.result":
            found.say("tool", [result(entry.get("tool_call_id"), entry.get("result"))])
        elif kind == "function.call":
            found.say("assistant", [_call(entry)])
        else:
            found.say(entry.get("role"), _parts(entry.get("content")))
    for tool in objects(body.get("tools")):
        function = obj(tool.get("function"))
        if function is not None:
            found.tools.append(definition(function, function.get("parameters")))
    return found


def _call(entry: Json) -> Part:
    return call(entry.get("tool_call_id"), entry.get("name"), entry.get("arguments"))


def _parts(content: Any) -> list[Part]:
    if isinstance(content, str):
        return [said(content)] if content else []
    return [said(part["text"]) for part in objects(content) if text(part.get("text")) is not None]


class Conversation(Heard):
    """A whole answer, or the events that build one."""

    def value(self, body: Json, event: str | None) -> None:
        """See ``Heard.value``."""
        kind = text(body.get("type")) or event
        if kind == "message.output.delta":
            content = body.get("content")
            piece = content if isinstance(content, str) else (obj(content) or {}).get("text")
            self.text(piece, body.get("output_index"))
        elif kind == "function.call.delta":
            self._call(body, body.get("tool_call_id"))
        elif kind == "conversation.response.done":
            self.reason("stop")
        for position, entry in enumerate(objects(body.get("outputs"))):
            if entry.get("type") == "function.call":
                self._call(entry, entry.get("tool_call_id"))
            for part in _parts(entry.get("content")):
                self.text(part["content"], position)
            self.reason("stop")

    def _call(self, entry: Json, key: Any) -> None:
        self.call(key, entry.get("tool_call_id"), entry.get("name"), entry.get("arguments"))
