"""OpenAI Responses.

https://platform.openai.com/docs/api-reference/responses/create
https://platform.openai.com/docs/api-reference/responses-streaming
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

_CALLS = ("function_call", "custom_tool_call")
_INCOMPLETE = {"max_output_tokens": "length", "content_filter": "content_filter"}


def asked(body: Json) -> Asked:
    """Read a request."""
    found = Asked(system=texts(body.get("instructions")))
    given = body.get("input")
    if isinstance(given, str):
        found.say("user", [said(given)])
    for item in objects(given):
        kind = item.get("type")
        if kind in (None, "message"):
            found.say(item.get("role"), _parts(item.get("content")))
        elif kind in _CALLS:
            written = item.get("arguments", item.get("input"))
            found.say("assistant", [call(item.get("call_id"), item.get("name"), written)])
        elif isinstance(kind, str) and kind.endswith("_output"):
            found.say("tool", [result(item.get("call_id"), item.get("output"))])
        elif kind == "reasoning":
            found.say("assistant", _summary(item))
    for tool in objects(body.get("tools")):
        if text(tool.get("name")) is not None:
            found.tools.append(definition(tool, tool.get("parameters")))
    return found


def _parts(content: Any) -> list[Part]:
    if isinstance(content, str):
        return [said(content)]
    found: list[Part] = []
    for part in objects(content):
        kind = part.get("type")
        if isinstance(part.get("text"), str):
            found.append(said(part["text"]))
        elif isinstance(part.get("refusal"), str):
            found.append(said(part["refusal"]))
        elif kind == "input_image":
            file_id = part.get("file_id")
            found.append(media(None, uri=part.get("image_url"), file_id=file_id, modality="image"))
        elif kind == "input_file":
            found.append(media(None, uri=part.get("file_url"), file_id=part.get("file_id")))
    return found


def _summary(item: Json) -> list[Part]:
    return [said(part["content"], "reasoning") for part in texts(item.get("summary"))]


class Response(Heard):
    """A whole response, or its events; the last event has the whole response again."""

    def value(self, body: Json, event: str | None) -> None:
        """See ``Heard.value``."""
        kind = text(body.get("type")) or event or ""
        if body.get("object") == "response":
            self._whole(body)
        elif obj(body.get("response")) is not None:
            self._whole(body["response"])
        elif kind.endswith(("output_text.delta", "refusal.delta")):
            self.text(body.get("delta"), body.get("output_index"))
        elif kind.endswith("reasoning_summary_text.delta"):
            self.text(body.get("delta"), body.get("output_index"), kind="reasoning")
        elif kind.endswith("output_item.added"):
            item = obj(body.get("item")) or {}
            if item.get("type") in _CALLS:
                self.call(body.get("output_index"), item.get("call_id"), item.get("name"))
        elif kind.endswith(("_call_arguments.delta", "_call_input.delta")):
            self.call(body.get("output_index"), arguments=body.get("delta"))

    def _whole(self, response: Json) -> None:
        status = text(response.get("status"))
        items = objects(response.get("output"))
        if status in (None, "queued", "in_progress") and not items:
            return
        self.forget()
        for position, item in enumerate(items):
            self._item(item, position)
        called = any(item.get("type") in _CALLS for item in items)
        why = text((obj(response.get("incomplete_details")) or {}).get("reason"))
        if status == "completed":
            self.reason("tool_call" if called else "stop")
        elif status == "incomplete":
            self.reason(why or "length", words=_INCOMPLETE)
        elif status in ("failed", "cancelled"):
            self.reason("error")

    def _item(self, item: Json, position: int) -> None:
        kind = item.get("type")
        if kind == "message":
            for part in _parts(item.get("content")):
                self.text(part.get("content"), position)
        elif kind in _CALLS:
            written = item.get("arguments", item.get("input"))
            self.call(position, item.get("call_id"), item.get("name"), written)
        elif kind == "reasoning":
            for part in _summary(item):
                self.text(part["content"], position, kind="reasoning")
