"""Gemini, on the Developer API and on Vertex AI.

https://ai.google.dev/api/generate-content · https://ai.google.dev/api/caching#Content
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
from tokenboard.wire.values import Json, count, first_object, obj, objects, text

_REASONS = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "MALFORMED_FUNCTION_CALL": "error",
}
_ROLES = {"model": "assistant"}


def asked(body: Json) -> Asked:
    """Read a request."""
    system = first_object(body, "systemInstruction", "system_instruction") or {}
    found = Asked(system=texts(system.get("parts")))
    for content in objects(body.get("contents")):
        parts = _parts(content)
        role = text(content.get("role")) or "user"
        if parts and all(part["type"] == "tool_call_response" for part in parts):
            role = "tool"
        found.say(_ROLES.get(role, role), parts)
    for tool in objects(body.get("tools")):
        declared = tool.get("functionDeclarations", tool.get("function_declarations"))
        for each in objects(declared):
            schema = each.get("parameters", each.get("parametersJsonSchema"))
            found.tools.append(definition(each, schema))
    return found


def _parts(content: Json) -> list[Part]:
    found: list[Part] = []
    for part in objects(content.get("parts")):
        asks = first_object(part, "functionCall", "function_call")
        answers = first_object(part, "functionResponse", "function_response")
        inline = first_object(part, "inlineData", "inline_data")
        stored = first_object(part, "fileData", "file_data")
        if isinstance(part.get("text"), str):
            found.append(said(part["text"], "reasoning" if part.get("thought") else "text"))
        elif asks is not None:
            found.append(call(asks.get("id"), asks.get("name"), asks.get("args")))
        elif answers is not None:
            name = answers.get("id") or answers.get("name")
            found.append(result(name, answers.get("response")))
        elif inline is not None:
            found.append(media(inline.get("mimeType", inline.get("mime_type"))))
        elif stored is not None:
            uri = stored.get("fileUri", stored.get("file_uri"))
            found.append(media(stored.get("mimeType", stored.get("mime_type")), uri=uri))
    return found


class Candidates(Heard):
    """A whole answer or a chunk of one: both look the same."""

    def __init__(self) -> None:
        super().__init__()
        self._calls = 0

    def value(self, body: Json, event: str | None) -> None:
        """See ``Heard.value``."""
        del event
        for position, candidate in enumerate(objects(body.get("candidates"))):
            index = count(candidate.get("index"))
            index = position if index is None else index
            for part in _parts(obj(candidate.get("content")) or {}):
                self._part(part, index)
            reason = candidate.get("finishReason", candidate.get("finish_reason"))
            self.reason(reason, index, _REASONS)

    def _part(self, part: Any, index: int) -> None:
        if part["type"] == "tool_call":
            self._calls += 1
            self.call(self._calls, part["id"], part["name"], part["arguments"], index)
        elif "content" in part:
            self.text(part["content"], index=index, kind=part["type"])
